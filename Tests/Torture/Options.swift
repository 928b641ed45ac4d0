/// What the command line asks for.
struct Options {
  static let usage = """
    Usage: bin/torture [ROW…] [--list] [--soak [--kills N] [--rate N]] [--leak [--fires N] [--restarts N] [--jobs N]]
                       [--seed S] [--json] [--write FILE] [--keep DIR] [--pause FILE] [--release]
    Produces faults against the built program and checks what docs/faults.md expects of each.
      ROW            run these rows only, by number; all without one
      --list         show the rows, run nothing
      --soak         instead of rows: kill random processes of ours under load
      --kills N      how many (10000)
      --rate N       how many are tried a second (30)
      --leak         instead of rows: see whether anything grows by fires, and the watcher by restarts of its ticker
      --fires N      how many (1000000); 0 leaves them out
      --restarts N   how many (1000); 0 leaves them out
      --jobs N       how many jobs fire every second (1000)
      --seed S       what decides whom, when and how (1)
      --json         one JSON object a row
      --write FILE   keep the results there; a row that isn't run keeps its last one
      --keep DIR     where the directories of what failed are copied to
      --pause FILE   the soak holds still while this file exists
      --document DIR renew DIR/faults.md by DIR/results, and run nothing
      --release      use the release binary, which has no fault points
    Exit status: 0 nothing failed, 1 something did, 64 usage, 69 can't be run here, 70 the tool itself failed.

    """

  var rows: Set<Int> = []
  var lists = false
  var soaks = false
  var leaks = false
  var isJSON = false
  var kills = 10_000
  var rate = 30
  var fires = 1_000_000
  var restarts = 1_000
  var jobs = 1_000
  var seed: UInt64 = 1
  var write: String?
  var keep: String?
  var pause: String?
  var document: String?

  /// What parsing made of the words.
  enum Parsed {
    case options(Options)
    case usage(String)
  }

  static func parse(_ words: [String]) -> Parsed {
    var options = Options()
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--list": options.lists = true
      case "--soak": options.soaks = true
      case "--leak": options.leaks = true
      case "--json": options.isJSON = true
      case "--kills", "--rate", "--fires", "--restarts", "--jobs":
        let least = word == "--fires" || word == "--restarts" ? 0 : 1
        guard let number = rest.popFirst().flatMap({ Int($0) }), (least...10_000_000).contains(number) else {
          return .usage("\(word) needs a number")
        }
        switch word {
        case "--kills": options.kills = number
        case "--rate": options.rate = number
        case "--fires": options.fires = number
        case "--restarts": options.restarts = number
        default: options.jobs = number
        }
      case "--seed":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else { return .usage("--seed needs a number") }
        options.seed = seed
      case "--write", "--keep", "--pause", "--document":
        guard let path = rest.popFirst() else { return .usage("\(word) needs a path") }
        switch word {
        case "--write": options.write = path
        case "--keep": options.keep = path
        case "--document": options.document = path
        default: options.pause = path
        }
      default:
        guard let number = Int(word), FaultRow.all.contains(where: { $0.number == number }) else {
          return .usage("there is no row '\(word)'")
        }
        options.rows.insert(number)
      }
    }
    return .options(options)
  }
}
