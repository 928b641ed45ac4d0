import Testing

/// Keeps the list of broken decisions true to the sources; bin/mutate, which takes half an hour, runs it.
@Suite struct MutationListTests {
  static let all = Repository.files(below: Mutation.folder, endings: [".txt"])
    .map { Mutation.list(Repository.text(of: $0) ?? "") }
  static let mutations = all.flatMap(\.mutations)

  @Test func `the list can be read and is long enough`() {
    #expect(Self.all.flatMap(\.errors).isEmpty)
    #expect(Self.mutations.count >= 30)
    #expect(Set(Self.mutations.map(\.name)).count == Self.mutations.count, "a name stands twice")
  }

  @Test func `every original text occurs once in its file, and is changed`() throws {
    for mutation in Self.mutations {
      let file = try #require(mutation.fields["file"], "\(mutation.name)")
      let text = try #require(Repository.text(of: file), "\(mutation.name): \(file)")
      let original = mutation.original.joined(separator: "\n")
      let count = original.isEmpty ? 0 : text.ranges(of: original).count
      #expect(count == 1, "\(mutation.name): its text occurs \(count) times in \(file)")
      #expect(mutation.original != mutation.replacement, "\(mutation.name)")
    }
  }

  @Test func `every one names tests of a target that exists, and lines that a test there proves`() {
    let table = AcceptanceTable(files: Repository.swiftFiles.filter { !$0.isProduct })
    for mutation in Self.mutations {
      let target = String((mutation.fields["tests"] ?? "").prefix { $0 != "." })
      #expect(Repository.isFolder("Tests/" + target) && !target.isEmpty, "\(mutation.name)")
      let proved = table.proofs.filter { $0.file.hasPrefix(target + "/") }.map(\.line)
      #expect(!Set(mutation.lines).isDisjoint(with: proved), "\(mutation.name): no test of \(mutation.lines)")
    }
  }

  @Test func `the document shows what the last run saw of each`() throws {
    let document = try #require(Repository.text(of: AcceptanceTable.path))
    let part = try #require(GeneratedPart(of: document, opening: Mutation.opening, closing: Mutation.closing))
    let shown = part.content.split(separator: "\n").filter { $0.hasPrefix("| `") }
      .map { String($0.dropFirst(3).prefix { $0 != "`" }) }
    #expect(shown == Self.mutations.map(\.name), "bin/mutate --write mends it")
  }

  @Test func `a list is read row by row`() {
    let (mutations, errors) = Mutation.list(
      """
      lost
      # a comment
      = a-b: what: it breaks
      file: Sources/A.swift
      lines: 5 71
      -   if x {
      +   if y {
      + }
      """)
    #expect(errors == ["lost"])
    #expect(mutations.map(\.name) == ["a-b"] && mutations[0].what == "what: it breaks")
    #expect(mutations[0].fields["file"] == "Sources/A.swift" && mutations[0].lines == [5, 71])
    #expect(mutations[0].original == ["  if x {"] && mutations[0].replacement == ["  if y {", "}"])
  }
}
