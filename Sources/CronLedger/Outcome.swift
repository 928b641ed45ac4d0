/// How an occurrence or a run ended.
public enum Outcome: String, Hashable, Sendable, CaseIterable {
  /// Exit status 0.
  case succeeded
  /// A non-zero exit status, or a signal that nobody of ours sent.
  case failed
  /// Ended by its timeout.
  case timedOut = "timed-out"
  /// Ended on request, by replacement, or by the end of a drain.
  case stopped
  /// The machine went down under it.
  case interrupted
  /// Its end can't be known.
  case unknown
  /// Deliberately not run.
  case skipped
  /// Owed, and not run in time.
  case missed
}

/// What made a run be claimed.
public enum FireTrigger: String, Hashable, Sendable, CaseIterable {
  /// Its schedule, in time.
  case schedule
  /// `cronwatch run`.
  case manual
  /// `cronwatch fire` or an external trigger's callback.
  case fire
  /// Its schedule, later than its grace.
  case catchUp = "catch-up"
  /// The machine's start.
  case reboot
  /// Another job's end.
  case after
  /// An earlier attempt failed.
  case retry
  /// An earlier attempt was interrupted, and the job asked to be run again.
  case rerun
}

/// Why an occurrence was skipped on purpose.
public enum SkipReason: String, Hashable, Sendable, CaseIterable {
  /// The previous run was alive.
  case overlap
  /// The job's catch-up policy.
  case catchUp = "catch-up"
  /// Too many occurrences were waiting.
  case queueFull = "queue-full"
  /// The job was paused.
  case paused
}

/// Why an occurrence that was owed didn't run.
public enum MissReason: String, Hashable, Sendable, CaseIterable {
  /// cronwatch or the machine was down.
  case down
  /// First seen later than the grace allows.
  case grace
  /// The wall clock jumped over it.
  case clockStep = "clock-step"
  /// The machine slept.
  case suspend
  /// The system refused to start it for as long as its grace lasted.
  case couldNotStart = "could-not-start"
  /// More were owed than the catch-up limit.
  case catchUpLimit = "catch-up-limit"
}
