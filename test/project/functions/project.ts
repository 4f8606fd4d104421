import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder with these files, gone once the test is over. It lies one level down, so that there is an outside. */
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
