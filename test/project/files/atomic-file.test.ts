import { execFileSync } from "node:child_process";
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cryptoReady } from "../../../src/crypto.ts";
import { readWhole, removeLeftovers, replaceFile } from "../../../src/project/files/atomic-file.ts";
import { refusalOf } from "../../support/refusal.ts";

await cryptoReady;

let folder: string;
let path: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-file-"));
	path = join(folder, "file");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe("replaceFile", () => {
	test("creates a file with the requested mode, whatever the umask", async () => {
		const umask = process.umask(0o077);
		await replaceFile(path, "text", { mode: 0o644 }).finally(() => process.umask(umask));
		expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["text", 0o644]);
		await replaceFile(join(folder, "private"), "text", { mode: 0o600 });
		expect(modeOf(join(folder, "private"))).toBe(0o600);
	});

	test.each([0o600, 0o640, 0o664, 0o400])("keeps mode %o", async (mode) => {
		writeFileSync(path, "old");
		chmodSync(path, mode);
		await replaceFile(path, "new", { mode: 0o600 });
		expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["new", mode]);
	});

	test("does not follow a symbolic link, and does not change its target", async () => {
		const target = join(folder, "target");
		writeFileSync(target, "old");
		symlinkSync(target, path);
		expect(await refusalOf(replaceFile(path, "new", { mode: 0o600 }))).toMatchObject({
			code: "FILE_UNWRITABLE",
			exit: 1,
		});
		expect(readFileSync(target, "utf8")).toBe("old");
		expect(readdirSync(folder).sort()).toEqual(["file", "target"]);
	});

	test("refuses a dangling link and a folder, and leaves no temporary file", async () => {
		symlinkSync(join(folder, "nowhere"), path);
		expect(await refusalOf(replaceFile(path, "new", { mode: 0o600 }))).toMatchObject({
			code: "FILE_UNWRITABLE",
		});
		rmSync(path);
		mkdirSync(path);
		expect(await refusalOf(replaceFile(path, "new", { mode: 0o600 }))).toMatchObject({
			code: "FILE_UNWRITABLE",
		});
		expect(readdirSync(folder)).toEqual(["file"]);
	});

	test("an error before the rename leaves the old content and no temporary file", async () => {
		writeFileSync(path, "old");
		const stop = async () => {
			expect(readdirSync(folder)).toHaveLength(2);
			throw new Error("stop");
		};
		expect(await refusalOf(replaceFile(path, "new", { mode: 0o600, beforeRename: stop }))).toMatchObject({
			exit: 1,
		});
		expect([readdirSync(folder), readFileSync(path, "utf8")]).toEqual([["file"], "old"]);
	});

	test("reports that it waits for the disk once the temporary file is complete and nothing is replaced yet", async () => {
		writeFileSync(path, "old");
		const seen: unknown[] = [];
		const look = () => {
			const beside = readdirSync(folder).find((name) => name !== "file") ?? "none";
			seen.push(readFileSync(path, "utf8"), readFileSync(join(folder, beside), "utf8"));
		};
		await replaceFile(path, "new", { mode: 0o600, meanwhile: look });
		expect([...seen, readFileSync(path, "utf8")]).toEqual(["old", "new", "new"]);
	});

	test("an error of the rename leaves the old content and no temporary file", async () => {
		const put = async () => void mkdirSync(join(path, "full"), { recursive: true });
		const error = await refusalOf(replaceFile(path, "new", { mode: 0o600, beforeRename: put }));
		expect(error).toMatchObject({
			code: "FILE_UNWRITABLE",
			message: `Cannot write ${path}: it is a folder.`,
		});
		expect(readdirSync(folder)).toEqual(["file"]);
	});

	test("a missing folder is not created", async () => {
		const error = await refusalOf(replaceFile(join(folder, "absent", "file"), "new", { mode: 0o600 }));
		expect(error).toMatchObject({ code: "FILE_UNWRITABLE", exit: 1 });
		expect(readdirSync(folder)).toEqual([]);
	});

	test("a reader sees the old or the new content, never a mixture", async () => {
		const contents = ["a".repeat(300_000), "b".repeat(200_000)];
		writeFileSync(path, contents[0] ?? "");
		let writing = true;
		const seen = new Set<string>();
		const reading = (async () => {
			// The pause lets the writer go on: the file is read without one.
			for (; writing; await setImmediate())
				seen.add((await readWhole(path, 1_000_000))?.toString() ?? "absent");
		})();
		for (let round = 0; round < 20; round++)
			await replaceFile(path, contents[round % 2] ?? "", { mode: 0o600 });
		writing = false;
		await reading;
		expect([...seen].every((content) => contents.includes(content))).toBe(true);
		expect(seen.size).toBe(2);
	});
});

test("removeLeftovers removes only the files of a crashed write", async () => {
	const others = [".file.tmp.bak", ".other.x.tmp", "file", "file.tmp"];
	for (const name of [".file.abc.tmp", ".file..tmp", ...others]) writeFileSync(join(folder, name), "");
	await removeLeftovers(path);
	expect(readdirSync(folder).sort()).toEqual(others);
});

describe("readWhole", () => {
	test("an absent file is undefined", async () => {
		expect(await readWhole(path, 100)).toBeUndefined();
	});

	test("refuses links, pipes, folders and files that are too large", async () => {
		writeFileSync(join(folder, "target"), "content");
		symlinkSync(join(folder, "target"), path);
		execFileSync("mkfifo", [join(folder, "pipe")]);
		for (const name of ["file", "pipe", "."]) {
			expect(await refusalOf(readWhole(join(folder, name), 100))).toMatchObject({
				code: "FILE_UNREADABLE",
				exit: 1,
			});
		}
		expect(await refusalOf(readWhole(join(folder, "target"), 6))).toMatchObject({
			code: "FILE_TOO_LARGE",
			message: `Cannot read ${join(folder, "target")}: it has 7 bytes, and the limit is 6 bytes.`,
			exit: 1,
		});
		expect((await readWhole(join(folder, "target"), 7))?.toString()).toBe("content");
	});
});
