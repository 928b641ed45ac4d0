/// The texts that are made from the settings table; a test keeps the files in the repository equal to them.
public enum SettingsText {
  /// config/cronwatch.conf: every key with its default, commented out, and one line why.
  public static var template: String {
    var text = """
      # cronwatch.conf: every setting with its default. Remove the # before a key to change it.
      # Values: durations 90s 30m 1h30m 7d, sizes 64K 10M, yes or no. A list is a key that repeats.
      # Read from --config, else $CRONWATCH_CONFIG, else /etc/cronwatch/cronwatch.conf (root) or
      # ~/.config/cronwatch/cronwatch.conf. Check it with: cronwatch check cronwatch.conf

      """
    let defaults = DaemonSettings()
    for section in SettingsTable.sections {
      text += "\n[\(section)]\n"
      for setting in SettingsTable.all where setting.section == section {
        text += "# \(setting.summary)\n"
        let values = setting.values(in: defaults)
        for value in values.isEmpty ? [""] : values {
          text += value.isEmpty ? "#\(setting.key) =\n" : "#\(setting.key) = \(value)\n"
        }
      }
    }
    text += """

      # A job: schedule (repeats), zone, command (a shell line) or exec (words), user, timeout, overlap, grace,
      # catch-up.
      #[job backup]
      #schedule = 30 2 * * *
      #zone = Europe/Paris
      #command = /usr/local/bin/backup --all
      #timeout = 2h

      """
    return text
  }

  /// The table in docs/configuration.md, as Markdown.
  public static var documentation: String {
    var text = ""
    let defaults = DaemonSettings()
    for section in SettingsTable.sections {
      text += "### [\(section)]\n\n| key | value | default | what for |\n|---|---|---|---|\n"
      for setting in SettingsTable.all where setting.section == section {
        let value = setting.values(in: defaults).first { !$0.isEmpty }
        let shown = value.map { "`\($0)`" } ?? "(empty)"
        text += "| `\(setting.key)` | \(setting.valueDescription) | \(shown) | \(setting.summary) |\n"
      }
      text += "\n"
    }
    return text
  }
}
