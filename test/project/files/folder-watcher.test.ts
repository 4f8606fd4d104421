import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderWatcher } from "../../../src/project/files/folder-watcher.ts";

let root = "";
let watcher: FolderWatcher;
/** Reported paths that the test has not waited for yet. */
let reported: string[] = [];
let onReport: () => void = () => {};

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-watch-"));
	mkdirSync(join(root, "functions/old"), { recursive: true });
	mkdirSync(join(root, "node_modules/package"), { recursive: true });
	writeFileSync(join(root, "functions/old/index.ts"), "1");
	reported = [];
	watcher = new FolderWatcher({
		root,
		alternative: "use --no-watch",
		ignores: (path) => basename(path) === "node_modules",
		onChange: (path) => {
			reported.push(path.slice(root.length + 1));
			onReport();
		},
		onFault: (error) => {
			throw error;
		},
	});
});

afterEach(() => {
	watcher[Symbol.dispose]();
	rmSync(root, { recursive: true, force: true });
});

/** Waits until a path is reported, and drops all earlier reports. */
async function reports(path: string): Promise<string[]> {
	while (!reported.includes(path)) await new Promise<void>((resolve) => (onReport = resolve));
	return reported.splice(0);
}

const write = (path: string, text = "1") => writeFileSync(join(root, path), text);

test("each save of a file is reported, however soon it follows the save before", async () => {
	for (let time = 0; time < 20; time++) {
		write("functions/old/index.ts", `${time}`);
		await reports("functions/old/index.ts");
	}
});

test("a save by rename is reported, and so is the next one", async () => {
	for (const text of ["2", "3"]) {
		write("functions/old/.index.ts.swp", text);
		renameSync(join(root, "functions/old/.index.ts.swp"), join(root, "functions/old/index.ts"));
		await reports("functions/old/index.ts");
	}
});

test("files that are created together with their folders are reported", async () => {
	mkdirSync(join(root, "functions/new/deep"), { recursive: true });
	write("functions/new/deep/index.ts");
	await reports("functions/new/deep/index.ts");
	write("functions/new/deep/index.ts", "2");
	await reports("functions/new/deep/index.ts");
});

test("a folder that is removed and made again is watched again", async () => {
	for (let time = 0; time < 3; time++) {
		rmSync(join(root, "functions/old"), { recursive: true });
		mkdirSync(join(root, "functions/old"));
		write("functions/old/index.ts", `again ${time}`);
		await reports("functions/old/index.ts");
	}
	// After this, there are no more reports of earlier changes in the same folder.
	write("functions/mark");
	await reports("functions/mark");
	rmSync(join(root, "functions/old/index.ts"));
	await reports("functions/old/index.ts");
});

test("ignored folders are not reported", async () => {
	write("node_modules/package/index.js");
	rmSync(join(root, "node_modules"), { recursive: true });
	write("last.ts");
	expect(await reports("last.ts")).not.toContainEqual(expect.stringContaining("node_modules"));
});
