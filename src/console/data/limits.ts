/** Limits of the protocol, whose module would bring a validator along. The types make sure that they are its own. */
import type { BACKUP_AHEAD_MS as AHEAD, BACKUP_OLD_MS as OLD } from "../../protocol/nodes.ts";

/** How old the newest backup may be before people are told. */
export const BACKUP_OLD_MS: typeof OLD = 604_800_000;

/** How far in the future the newest backup may be dated before people are told. */
export const BACKUP_AHEAD_MS: typeof AHEAD = 3_600_000;
