internal import CronConfig
internal import CronTime
internal import CronTimeSystem

/// Answers whether zone names can be used; each name is looked up once.
final class ZoneChecker {
  private var database = SystemZones.database()
  private var answers: [String: ZoneCheck] = [:]

  func check(_ name: String) -> ZoneCheck {
    if let known = answers[name] { return known }
    let answer: ZoneCheck
    do {
      _ = try database.zone(named: name)
      answer = .known
    } catch {
      answer = .unknown(nearest: ZoneDatabase.nearestName(to: name, among: SystemZones.names()))
    }
    // Hostile files can name any number of zones.
    if answers.count < 4096 { answers[name] = answer }
    return answer
  }
}
