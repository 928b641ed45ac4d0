/// The version of this build; bin/release and `cronwatch version` agree by a test.
enum Version {
  static let text = "0.1.0"
}
