/** A project on a small disk that is really full, and then really read-only, in its own mount namespace. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandOptions, Project } from "../support/project.ts";

const LONG = { timeout: 180_000 };
const PAGE = 4_096;
const MOUNT = 'mount -t tmpfs -o size=256k tmpfs "$0" && echo mounted && exec cat';

/**
 * A disk that is mounted at a project's folder, for the commands that run here. It disappears with the process
 * that holds it.
 */
class SmallDisk implements AsyncDisposable {
	readonly project = new Project();
	readonly #holder: ChildProcess;
	readonly #isRoot = process.getuid?.() === 0;

	private constructor() {
		const user = this.#isRoot ? [] : ["--map-root-user"];
		const words = [...user, "--mount", "sh", "-c", MOUNT, this.project.root];
		this.#holder = spawn("unshare", words, { stdio: "pipe" });
	}

	/** @throws Error if the user may not mount, with what is missing */
	static async create(): Promise<SmallDisk> {
		const disk = new SmallDisk();
		const { stdout, stderr } = disk.#holder;
		if (!stdout || !stderr) throw new TypeError("It has no pipes.");
		const mounted = await Promise.race([
			new Promise<true>((resolve) => stdout.once("data", () => resolve(true))),
			text(stderr),
		]);
		if (mounted === true) return disk;
		await disk[Symbol.asyncDispose]();
		throw new Error(
			`These tests mount a disk. They need root, or user namespaces for everybody (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0): ${mounted}`,
		);
	}

	get #enter(): string[] {
		const user = this.#isRoot ? [] : ["--user", "--preserve-credentials"];
		const target = ["--target", String(this.#holder.pid), "--mount"];
		// A process that enters the namespace starts in the root folder.
		return ["nsenter", ...target, ...user, "sh", "-c", 'cd "$0" && exec "$@"', this.project.root];
	}

	async coffer(args: readonly string[], options: CommandOptions = {}) {
		return await this.project.coffer([...args, "--json"], { ...options, under: this.#enter });
	}

	/** The output of a command that must succeed. */
	// biome-ignore lint/suspicious/noExplicitAny: each test states what it expects of a document.
	async data(...args: string[]): Promise<any> {
		const result = await this.coffer(args);
		expect(result).toMatchObject({ status: 0, stderr: "" });
		return result.json();
	}

	/** A path on the disk, for this process. */
	at(name: string): string {
		return join(`/proc/${this.#holder.pid}/root`, this.project.root, name);
	}

	/** Fills the disk, except for so many pages. */
	fill(pagesLeft: number): void {
		writeFileSync(this.at("fill"), "");
		let pages = 0;
		try {
			for (; ; pages++) appendFileSync(this.at("fill"), Buffer.alloc(PAGE, 1));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
		}
		truncateSync(this.at("fill"), (pages - pagesLeft) * PAGE);
	}

	remount(how: "ro" | "rw"): void {
		const [command = "", ...words] = this.#enter;
		// A process whose working folder is on the disk would itself keep the disk busy.
		execFileSync(command, [...words, "mount", "-o", `remount,${how}`, this.project.root]);
	}

	/** The disk's files with their bytes. */
	get files(): Record<string, string> {
		const names = readdirSync(this.at(""));
		return Object.fromEntries(names.map((name) => [name, readFileSync(this.at(name), "base64")]));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#holder.stdin?.end();
		await this.project[Symbol.asyncDispose]();
	}
}

let disk: SmallDisk;
beforeAll(async () => {
	disk = await SmallDisk.create();
	await disk.data("init");
	await disk.data("secrets", "set", "A=1", "B=2");
});
afterAll(async () => await disk?.[Symbol.asyncDispose]());

async function expectReadable(): Promise<void> {
	expect((await disk.data("secrets", "list")).secrets.map(({ name }: { name: string }) => name)).toEqual([
		"A",
		"B",
	]);
	expect((await disk.data("secrets", "get", "A", "--reveal")).value).toBe("1");
}

describe("a full disk", () => {
	test.each([
		["for not a byte more", 0],
		["for a part of the file", 2],
	])(
		"a failed write names the full disk and leaves all files unchanged, with room %s",
		LONG,
		async (_, pagesLeft) => {
			disk.fill(pagesLeft);
			const before = disk.files;
			const result = await disk.coffer(["secrets", "set", `LARGE=${"v".repeat(3 * PAGE)}`]);
			expect(result.error()).toMatchObject({ code: "FILE_UNWRITABLE", exit: 1 });
			expect(result.error().message).toMatch(/coffer\.vault: the disk is full\.$/);
			expect(result.stdout).toBe("");
			expect(disk.files).toEqual(before);
			await expectReadable();
		},
	);

	test("accepts the next change once the disk has space again", LONG, async () => {
		rmSync(disk.at("fill"));
		expect(await disk.data("secrets", "set", "B=3")).toMatchObject({ set: ["B"] });
		expect(Object.keys(disk.files).sort()).toEqual([
			".gitattributes",
			".gitignore",
			"coffer.vault",
			"coffer.vault.lock",
		]);
	});
});

describe("a read-only disk", () => {
	beforeAll(() => disk.remount("ro"));

	test.each([
		["secrets", "set", "C=1"],
		["secrets", "delete", "A"],
	])("%s %s fails with an error that names the cause", LONG, async (...args) => {
		const before = disk.files;
		const result = await disk.coffer(args);
		expect(result.error()).toMatchObject({ code: "VAULT_LOCK_FAILED", exit: 1 });
		expect(result.error().message).toMatch(/coffer\.vault\.lock: readonly\.$/);
		expect(disk.files).toEqual(before);
	});

	test.each([
		["request", "NAME", "--reason", "It is missing"],
		["secrets", "note", "A", "what it is for"],
	])("%s, which needs a folder of its own, names the cause too", LONG, async (...args) => {
		const result = await disk.coffer(args);
		expect(result.error()).toMatchObject({ code: "FILE_UNWRITABLE", exit: 1 });
		expect(result.error().message).toMatch(/coffer\.(requests|notes): the file system is read-only\.$/);
	});

	test(
		"a vault on it can be read, also by a new device whose own state is on a writable disk",
		LONG,
		async () => {
			await expectReadable();
			await disk.data("vault", "verify");
			const { variables, machine } = disk.project;
			variables["XDG_STATE_HOME"] = join(machine, "another-state");
			const { value, warnings } = await disk.data("secrets", "get", "A", "--reveal");
			expect([value, warnings]).toEqual(["1", [expect.stringMatching(/^First use of this vault here/)]]);
			// The device has to store its state somewhere, and the error names a variable for another folder.
			variables["XDG_STATE_HOME"] = join(disk.project.root, "state");
			const refused = await disk.coffer(["secrets", "get", "A", "--reveal"]);
			expect(refused.error()).toMatchObject({
				code: "FILE_UNWRITABLE",
				exit: 1,
				hint: expect.stringContaining("XDG_STATE_HOME"),
			});
			expect(refused.stdout).toBe("");
		},
	);
});
