internal import CronConfig
internal import CronTime
internal import CronTimeSystem

/// Answers whether zone names can be used; each name is looked up once.
final class ZoneChecker {
  private var database = SystemZones.database()
  private var answers: [String: ZoneCheck] = [:]
  private let used: Set<String>

  /// Names in `used` were right once: whether their data can be read now is the ticker's business.
  init(used: Set<String> = []) { self.used = used }

  func check(_ name: String) -> ZoneCheck {
    if let known = answers[name] { return known }
    let answer: ZoneCheck
    do {
      _ = try database.zone(named: name)
      answer = .known
    } catch  where used.contains(name) {
      answer = .known
    } catch {
      answer = .unknown(nearest: ZoneDatabase.nearestName(to: name, among: SystemZones.names()))
    }
    // Hostile files can name any number of zones.
    if answers.count < 4096 { answers[name] = answer }
    return answer
  }
}
