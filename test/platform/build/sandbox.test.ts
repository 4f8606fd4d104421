import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSandbox, type Sandbox, type SandboxLevel } from "../../../src/platform/build/sandbox.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { CANARY, LEVELS, makeBuildFolders, testBuilder } from "./builder.ts";

const place = makeBuildFolders();
/** The kinds with their own view of the file system. */
const ISOLATED = LEVELS.filter((level) => level === "bubblewrap" || level === "namespaces");
const LIMITS = { timeoutMs: 10_000, outputBytesMax: 100_000 };

async function open(level: SandboxLevel, hidden: string[]): Promise<{ sandbox: Sandbox; build: string }> {
	const sandbox = await openSandbox({
		deno: await findDeno(),
		// Its characters mean something in a shell, and in a table of mounts.
		directory: join(place.root, `a "builder's" #1`, level),
		hidden,
		environment: { GIVEN: "given" },
		memoryBytesMax: 2 * 1024 ** 3,
		fileBytesMax: 2 ** 28,
		levels: [level],
	});
	const build = join(place.root, `a "builder's" #1`, level, "build-test");
	const folders = [build, join(build, "src"), join(build, "root"), join(build, "out")];
	for (const path of folders) mkdirSync(path, { recursive: true });
	await sandbox.adopt(folders);
	return { sandbox, build };
}

describe.each(LEVELS.slice(0, -1))("a hostile process in the sandbox %s", (level) => {
	test("cannot read the data directory and the platform's environment", async () => {
		const { sandbox, build } = await open(level, [place.data]);
		symlinkSync(join(place.data, "canary.txt"), join(build, "src/link.txt"));
		const paths = [join(place.data, "canary.txt"), "link.txt", `/proc/${process.pid}/environ`, "/etc/shadow"];
		for (const path of paths) {
			const { code, stdout, stderr } = await sandbox.run(build, ["/bin/cat", path], LIMITS);
			expect([path, code]).toEqual([path, 1]);
			expect(stdout + stderr).not.toContain(CANARY);
		}
	});

	test("has the given variables, and none of the platform's", async () => {
		const { sandbox, build } = await open(level, [place.data]);
		const { stdout } = await sandbox.run(build, ["/usr/bin/env"], LIMITS);
		const names = stdout
			.trim()
			.split("\n")
			.map((line) => line.split("=")[0]);
		expect(stdout).toContain("GIVEN=given");
		expect(
			names.filter(
				(name) =>
					!/^(GIVEN|PATH|HOME|PWD|OLDPWD|SHLVL|_|NO_COLOR|COFFER_BUILD_DENO|DENO_\w+)$/.test(name ?? ""),
			),
		).toEqual([]);
	});

	test("can write to its own folder and to none of the platform's", async () => {
		const { sandbox, build } = await open(level, [place.data]);
		const target = join(place.data, `made-by-${level}`);
		expect((await sandbox.run(build, ["/usr/bin/touch", "../out/mine"], LIMITS)).code).toBe(0);
		expect(existsSync(join(build, "out/mine"))).toBe(true);
		expect((await sandbox.run(build, ["/usr/bin/touch", target], LIMITS)).code).not.toBe(0);
		expect(existsSync(target)).toBe(false);
	});

	test("can write to no folder of the system", async () => {
		const { sandbox, build } = await open(level, [place.data]);
		for (const target of ["/usr/lib/made-by-a-build", "/etc/ssl/made-by-a-build"]) {
			expect((await sandbox.run(build, ["/usr/bin/touch", target], LIMITS)).code).not.toBe(0);
			expect(existsSync(target)).toBe(false);
		}
	});

	test("is ended at the time limit if it never ends", async () => {
		const { sandbox, build } = await open(level, [place.data]);
		const run = sandbox.run(build, ["/bin/sh", "-c", "while :; do :; done"], { ...LIMITS, timeoutMs: 300 });
		expect(await run).toMatchObject({ timedOut: true, code: null });
	});

	test("has its endless output truncated", async () => {
		const { sandbox, build } = await open(level, [place.data]);
		const run = sandbox.run(build, ["/usr/bin/head", "-c", "5000000", "/dev/zero"], LIMITS);
		expect((await run).stdout.length).toBe(LIMITS.outputBytesMax);
	});
});

test("a folder that another platform removes meanwhile does not stop the builder, and no folder of a test is left", async () => {
	const directory = join(place.root, "shared");
	mkdirSync(directory);
	// A link to nothing is listed and cannot be examined, like a folder that is removed after it was listed.
	symlinkSync(join(directory, "removed"), join(directory, "build-removed"));
	symlinkSync(join(directory, "removed"), join(directory, "probe-removed"));
	const open = () => testBuilder(place, { directory });
	for (const builder of await Promise.all([open(), open()])) builder.close();
	expect(readdirSync(directory).sort()).toEqual(["blank", "build-removed", "cache", "probe-removed"]);
});

describe("the level of the sandbox", () => {
	test("is the strongest level that works, and is reported", async () => {
		const deno = await findDeno();
		const options = {
			deno,
			hidden: [place.data],
			environment: {},
			memoryBytesMax: 2 ** 31,
			fileBytesMax: 2 ** 28,
		};
		const best = await openSandbox({ ...options, directory: join(place.root, "best") });
		expect(best.level).toBe(LEVELS[0]);
		expect(best.denoVersion).toMatch(/^deno \d/);
		const none = await openSandbox({ ...options, directory: join(place.root, "none"), levels: ["none"] });
		expect(none.level).toBe("none");
	});

	test("is not used if hidden files can be read: another user's level, for a file that all may read", async () => {
		await expect(open("user", ["/etc/passwd"])).rejects.toMatchObject({
			code: "BUILD_SANDBOX",
		});
	});

	test("with its own file system shows only listed files, hidden or not", async () => {
		for (const level of ISOLATED) {
			const { sandbox, build } = await open(level, []);
			for (const path of [
				join(place.data, "canary.txt"),
				join(process.cwd(), "package.json"),
				"/proc/1/environ",
			]) {
				expect((await sandbox.run(build, ["/bin/cat", path], LIMITS)).code).toBe(1);
			}
		}
	});

	test("hides files below a folder of the system, too", async () => {
		const folder = "/usr/share/ca-certificates";
		const file = "/etc/ssl/openssl.cnf";
		for (const level of ISOLATED) {
			const { sandbox, build } = await open(level, [join(folder, "mozilla"), file]);
			expect((await sandbox.run(build, ["/bin/ls", folder], LIMITS)).stdout).toContain("mozilla");
			expect((await sandbox.run(build, ["/bin/ls", join(folder, "mozilla")], LIMITS)).stdout).toBe("");
			expect((await sandbox.run(build, ["/bin/cat", file], LIMITS)).stdout).toBe("");
		}
	});
});
