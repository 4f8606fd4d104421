import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/**
 * A folder with these files, which is removed after the test. It is one level below another folder, so that
 * files outside of the project can exist.
 */
export function temporaryProject(files: Record<string, string>): string {
	const outer = mkdtempSync(join(tmpdir(), "coffer-project-"));
	onTestFinished(() => rmSync(outer, { recursive: true, force: true }));
	const root = join(outer, "project");
	mkdirSync(root);
	for (const [path, content] of Object.entries(files)) {
		const full = join(root, path);
		mkdirSync(dirname(full), { recursive: true });
		writeFileSync(full, content);
	}
	return root;
}
