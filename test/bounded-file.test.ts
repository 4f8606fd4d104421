/** Files of every kind are read up to a maximum size only. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
	appendFileSync,
	mkdtempSync,
	realpathSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileTooLarge, readBounded, readBoundedSync } from "../src/bounded-file.ts";
import { refusal, refusalOf } from "./support/refusal.ts";

let folder: string;
let path: string;

beforeEach(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer-bounded-")));
	path = join(folder, "file");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
	["readBounded", (name: string, max: number, reach?: { links: boolean }) => readBounded(name, max, reach)],
	[
		"readBoundedSync",
		async (name: string, max: number, reach?: { links: boolean }) => readBoundedSync(name, max, reach),
	],
])("%s", (_, read) => {
	test("reads a file of the maximum size", async () => {
		writeFileSync(path, "content");
		expect((await read(path, 7)).toString()).toBe("content");
		writeFileSync(path, "");
		expect((await read(path, 0)).length).toBe(0);
	});

	test("refuses one byte more, with its size, the limit and the path, and does not read it", async () => {
		writeFileSync(path, "content");
		expect((await refusalOf(read(path, 6))).message).toContain("it has 7 bytes, and the limit is 6 bytes");
		// Far more than fits into memory, so the file must be refused without reading it.
		truncateSync(path, 2 ** 40);
		expect(await refusalOf(read(path, 2 ** 20))).toMatchObject({
			code: "FILE_TOO_LARGE",
			message: `Cannot read ${path}: it has 1099511627776 bytes, and the limit is 1048576 bytes.`,
			hint: expect.stringContaining("restore it"),
			exit: 1,
		});
	});

	test("follows a link only if that is allowed, and refuses a folder, pipe or device", async () => {
		writeFileSync(join(folder, "target"), "content");
		symlinkSync("target", path);
		await expect(read(path, 100)).rejects.toMatchObject({ code: "ELOOP" });
		expect((await read(path, 100, { links: true })).toString()).toBe("content");
		execFileSync("mkfifo", [join(folder, "pipe")]);
		await expect(read(join(folder, "pipe"), 100)).rejects.toMatchObject({ code: "EFTYPE" });
		await expect(read("/dev/zero", 100)).rejects.toMatchObject({ code: "EFTYPE" });
		await expect(read(folder, 100)).rejects.toMatchObject({ code: "EISDIR" });
		await expect(read(join(folder, "absent"), 100)).rejects.toMatchObject({ code: "ENOENT" });
	});
});

describe("with pipes allowed", () => {
	const reach = { links: true, pipes: true };

	test("reads a pipe to its end", async () => {
		execFileSync("mkfifo", [path]);
		const writer = spawn("sh", ["-c", `printf 'one '; head -c 100000 /dev/zero; printf ' two'`], {
			stdio: ["ignore", "pipe", "ignore"],
		});
		const copier = spawn("sh", ["-c", `cat > '${path}'`], { stdio: [writer.stdout, "ignore", "ignore"] });
		const [bytes] = await Promise.all([readBounded(path, 100_008, reach), once(copier, "close")]);
		expect(bytes.length).toBe(100_008);
		expect(bytes.subarray(-4).toString()).toBe(" two");
	});

	test("reads an endless pipe up to the limit", async () => {
		const error = await refusalOf(readBounded("/dev/zero", 200_000, reach));
		expect(error).toMatchObject({ code: "FILE_TOO_LARGE", exit: 1 });
		expect(error.message).toContain("it has more than 200000 bytes, which are the limit");
	});

	test("blocks no thread for pipes without a writer, however many", async () => {
		// More than the number of threads that Node uses for files.
		const pipes = Array.from({ length: 6 }, (_, index) => join(folder, `fifo-${index}`));
		for (const pipe of pipes) execFileSync("mkfifo", [pipe]);
		const reads = pipes.map((pipe) => readBounded(pipe, 100, reach));
		await readFile(import.meta.filename);
		for (const pipe of pipes) writeFileSync(pipe, "late");
		expect((await Promise.all(reads)).map(String)).toEqual(pipes.map(() => "late"));
	});

	test("refuses a folder", async () => {
		await expect(readBounded(folder, 100, reach)).rejects.toMatchObject({ code: "EISDIR" });
	});
});

test("a file that grows during the read is read up to its size when it was opened", async () => {
	writeFileSync(path, "a".repeat(1_000_000));
	let isReading = true;
	const growing = (async () => {
		while (isReading) {
			appendFileSync(path, "b".repeat(10_000));
			await new Promise(setImmediate);
		}
	})();
	const bytes = await readBounded(path, 2 ** 40);
	isReading = false;
	await growing;
	// The size may be from the middle of a write, because the system increases it page by page.
	expect(bytes.toString("latin1")).toMatch(/^a{1000000}b*$/);
});

test("the error of an input of unknown size says so, and contains no control character", () => {
	const error = refusal(() => {
		throw fileTooLarge("a\u001bb", undefined, 5);
	});
	expect(error.message).toBe("Cannot read a\\u{1b}b: it has more than 5 bytes, which are the limit.");
});
