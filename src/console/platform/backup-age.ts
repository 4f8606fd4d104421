import type { BackupRecord } from "../../protocol/nodes.ts";
import { BACKUP_AHEAD_MS, BACKUP_OLD_MS } from "../data/limits.ts";

/**
 * What is wrong with the time of the newest backup: it is old, or it is dated in the future, so that it would be called
 * old too late.
 * @param nowMs milliseconds since 1970
 */
export function ageTrouble(
	{ createdMs }: Pick<BackupRecord, "createdMs">,
	nowMs: number,
): "ahead" | "old" | undefined {
	const ageMs = nowMs - createdMs;
	if (ageMs < -BACKUP_AHEAD_MS) return "ahead";
	return ageMs > BACKUP_OLD_MS ? "old" : undefined;
}
