/** Processes that end while they write. */
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundledProgram, type ProcessResult, type Program } from "../support/bundle.ts";
import { TestProject } from "./project.ts";

const TIMEOUT_MS = 55_000;

let program: Program;
beforeAll(async () => {
	program = await bundledProgram("test/project/writer.program.ts");
});
afterAll(() => program[Symbol.asyncDispose]());

function run(project: TestProject, mode: string, name: string): Promise<ProcessResult> {
	const { root, stateFolder } = project.context;
	return program.run([mode, root, stateFolder, name], {}, TIMEOUT_MS);
}

test("a process that is killed while it holds the lock does not block others", async () => {
	using project = await TestProject.create();
	expect(await run(project, "die-locked", "")).toMatchObject({ signal: "SIGKILL" });
	await project.set({ AFTER: "value" });
	expect((await project.list()).secrets).toEqual({ AFTER: 1 });
});

test("a process that is killed in the middle of a write leaves the old vault, and the next cleans up", async () => {
	using project = await TestProject.create();
	await project.set({ BEFORE: "value" });
	const old = await project.read();
	expect(await run(project, "die-writing", "")).toMatchObject({ signal: "SIGKILL" });
	expect(await project.read()).toBe(old);
	expect((await readdir(project.root)).filter((name) => name.endsWith(".tmp"))).toHaveLength(1);
	await project.set({ AFTER: "value" });
	expect((await readdir(project.root)).sort()).toEqual([
		".gitattributes",
		".gitignore",
		"coffer.vault",
		"coffer.vault.lock",
	]);
	expect((await project.list()).secrets).toEqual({ AFTER: 1, BEFORE: 1 });
});

test("if a file cannot be written completely, the old vault stays and no other file", async () => {
	using project = await TestProject.create();
	await project.set({ BEFORE: "value" });
	const old = await project.read();
	const { status, stderr } = await run(project, "limited", "LARGE");
	expect(status).not.toBe(0);
	expect(stderr).toContain("FILE_UNWRITABLE");
	expect(await project.read()).toBe(old);
	expect((await readdir(project.root)).sort()).toEqual([
		".gitattributes",
		".gitignore",
		"coffer.vault",
		"coffer.vault.lock",
	]);
});
