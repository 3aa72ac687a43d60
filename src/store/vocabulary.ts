// The closed sets of words that the API, the command line and the schemas of rows share; loads nothing, so that a command starts at once.

/** From the mildest on. */
export const severities = ['INFO', 'WARNING', 'CRITICAL'] as const;
/** What a receiver can be sent. */
export const formats = ['standard', 'slack', 'discord', 'teams', 'pagerduty'] as const;
/** From least to most. */
export const roles = ['viewer', 'operator', 'admin', 'platform'] as const;
