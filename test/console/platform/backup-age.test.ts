import { expect, test } from "vitest";
import { ageTrouble } from "../../../src/console/platform/backup-age.ts";
import { BACKUP_AHEAD_MS, BACKUP_OLD_MS } from "../../../src/protocol/nodes.ts";

const NOW_MS = 100 * BACKUP_OLD_MS;
const troubleOf = (ageMs: number) => ageTrouble({ createdMs: NOW_MS - ageMs }, NOW_MS);

test("a backup is old after a week", () => {
	expect(troubleOf(0)).toBeUndefined();
	expect(troubleOf(BACKUP_OLD_MS)).toBeUndefined();
	expect(troubleOf(BACKUP_OLD_MS + 1)).toBe("old");
});

test("a backup that is dated in the future is named, unless two clocks differ a little", () => {
	expect(troubleOf(-BACKUP_AHEAD_MS)).toBeUndefined();
	expect(troubleOf(-BACKUP_AHEAD_MS - 1)).toBe("ahead");
});
