/**
 * Symbolic links, pipes, folders and devices in place of a project's files are refused. Their targets are not
 * changed.
 */
import { execFileSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeConfig } from "../../src/project/files/config.ts";
import { ensureLines } from "../../src/project/files/managed-lines.ts";
import { refusalOf } from "../support/refusal.ts";
import { TestProject } from "./project.ts";

const TARGET = "not to be touched";

/** Ways to put an unusual file at a path. @returns the target of a link; otherwise undefined */
const KINDS: Readonly<Record<string, (path: string, target: string) => void>> = {
	"a link to a file": (path, target) => symlinkSync(target, path),
	"a link to nothing": (path, target) => symlinkSync(`${target}-absent`, path),
	"a link to a pipe": (path, target) => {
		execFileSync("mkfifo", [`${target}-pipe`]);
		symlinkSync(`${target}-pipe`, path);
	},
	"a pipe": (path) => void execFileSync("mkfifo", [path]),
	"a folder": (path) => void mkdirSync(path),
	"a link to a device": (path) => symlinkSync("/dev/zero", path),
};

async function withOdd(kind: string, path: (project: TestProject) => string) {
	const project = await TestProject.create();
	await project.set({ A: "one" });
	const target = join(project.folder, "target");
	writeFileSync(target, TARGET);
	const replaced = path(project);
	rmSync(replaced, { recursive: true, force: true });
	KINDS[kind]?.(replaced, target);
	const untouched = () => {
		expect(readFileSync(target, "utf8")).toBe(TARGET);
		expect(existsSync(`${target}-absent`)).toBe(false);
	};
	return { project, untouched };
}

describe.each(Object.keys(KINDS))("a file system entry of the kind %s", (kind) => {
	test("is refused in place of the vault", async () => {
		const { project, untouched } = await withOdd(kind, ({ path }) => path);
		using _ = project;
		for (const action of [() => project.list(), () => project.set({ B: "two" })])
			expect(await refusalOf(action())).toMatchObject({ code: "FILE_UNREADABLE", exit: 1 });
		untouched();
	});

	test("is refused in place of the lock", async () => {
		const { project, untouched } = await withOdd(kind, ({ root }) => join(root, "coffer.vault.lock"));
		using _ = project;
		const before = await project.read();
		expect(await refusalOf(project.set({ B: "two" }))).toMatchObject({ code: "VAULT_LOCK_FAILED", exit: 1 });
		expect(await project.read()).toBe(before);
		untouched();
	});

	test("is refused in place of coffer.json or .gitattributes", async () => {
		for (const [name, write] of [
			["coffer.json", (root: string) => writeConfig(root, { links: {} })],
			[".gitattributes", (root: string) => ensureLines(join(root, ".gitattributes"), ["line"])],
		] as const) {
			const { project, untouched } = await withOdd(kind, ({ root }) => join(root, name));
			using _ = project;
			expect((await refusalOf(write(project.root))).code).toMatch(/^FILE_UN(READ|WRIT)ABLE$/);
			untouched();
		}
	});

	test("is refused in place of this device's state", async () => {
		const memory = ({ context: { stateFolder } }: TestProject) => {
			const files = readdirSync(stateFolder, { recursive: true, encoding: "utf8" });
			return join(stateFolder, files.find((file) => file.includes("marks-")) ?? "");
		};
		const { project, untouched } = await withOdd(kind, memory);
		using _ = project;
		const before = await project.read();
		expect(await refusalOf(project.set({ B: "two" }))).toMatchObject({ code: "FILE_UNREADABLE", exit: 1 });
		expect(await project.read()).toBe(before);
		untouched();
	});

	test("is handled in place of a crash's temporary file", async () => {
		const { project, untouched } = await withOdd(kind, ({ root }) => join(root, ".coffer.vault.AAAA.tmp"));
		using _ = project;
		await project.set({ B: "two" });
		expect((await project.list()).secrets).toEqual({ A: 1, B: 1 });
		untouched();
	});
});

test("a project or state folder behind a link is used at the link's target", async () => {
	using project = await TestProject.create();
	const { stateFolder } = project.context;
	renameSync(stateFolder, `${stateFolder}-real`);
	symlinkSync(`${stateFolder}-real`, stateFolder);
	await project.set({ A: "one" });
	expect((await project.list()).warnings).toEqual([]);
	expect(readdirSync(dirname(project.root)).sort()).toEqual(["project", "state", "state-real"]);
});

test("a state folder that is a dangling link or a file is an error, which states what is written", async () => {
	for (const put of [
		(path: string) => symlinkSync(`${path}-absent`, path),
		(path: string) => writeFileSync(path, ""),
	]) {
		using project = await TestProject.create();
		const { stateFolder } = project.context;
		rmSync(stateFolder, { recursive: true });
		put(stateFolder);
		const before = await project.read();
		const { code } = await refusalOf(project.set({ A: "one" }));
		expect(["MEMORY_FAILED", "FILE_UNREADABLE"]).toContain(code);
		expect((await project.read()) === before).toBe(code === "FILE_UNREADABLE");
	}
});
