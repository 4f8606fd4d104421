/** Limits of the protocol, whose module would bring a validator along. The types make sure that they are its own. */
import type { BACKUP_OLD_MS as OLD } from "../../protocol/nodes.ts";

/** How old the newest backup may be before people are told. */
export const BACKUP_OLD_MS: typeof OLD = 604_800_000;
