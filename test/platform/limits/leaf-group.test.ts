/** A platform with its own version 2 group, as in a systemd unit, and a platform that shares its group. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { moveProcess, processesIn, removeGroup } from "../../../src/platform/limits/cgroup-files.ts";
import { findHierarchies } from "../../../src/platform/limits/open-limits.ts";
import { bundleForNode } from "../runtime/strip.ts";
import { program } from "./programs.ts";

const unified = (await findHierarchies()).find(({ version }) => version === 2);

/** Whether the tests may create groups in a hierarchy. */
async function mayMakeIn(folder: string): Promise<boolean> {
	const probe = join(folder, `probe-${process.pid}`);
	try {
		await mkdir(probe);
		await removeGroup(probe);
		return true;
	} catch {
		return false;
	}
}

/** A program that reads the folder of its group. At the first line it moves into a leaf, at the second it moves back. */
const PLATFORM = `
import { createInterface } from "node:readline";
import { moveAllToLeaf } from "./leaf.mjs";
let parent;
console.log("ready");
for await (const own of createInterface({ input: process.stdin })) {
	if (parent === undefined) parent = await moveAllToLeaf(own);
	else parent = void (await parent.restore());
	console.log(JSON.stringify(parent ?? null));
}`;

/** Only on systems with such a hierarchy in which the tests may create groups. */
describe.each(unified !== undefined && (await mayMakeIn(unified.top)) ? [unified.top] : [])(
	"below %s",
	(top) => {
		let folder = "";
		beforeAll(async () => {
			folder = await mkdtemp(join(tmpdir(), "coffer-limits-"));
			await bundleForNode(
				fileURLToPath(new URL("../../../src/platform/limits/leaf-group.ts", import.meta.url)),
				join(folder, "leaf.mjs"),
			);
			await writeFile(join(folder, "platform.mjs"), PLATFORM);
		});
		afterAll(() => rm(folder, { recursive: true }));

		/** Starts a platform in a group of its own. The shell that starts it is in the same group. */
		async function startPlatform() {
			const own = join(top, `unit-${process.pid}`);
			await mkdir(own);
			onTestFinished(() => removeGroup(own));
			const { pid, lines, starter } = await startNode();
			for (const each of [starter.pid as number, pid]) await moveProcess(own, each);
			const step = async () => {
				starter.stdin?.write(`${own}\n`);
				const { value } = await lines.next();
				const [, group] = /^0::(.*)$/m.exec(await readFile(`/proc/${pid}/cgroup`, "latin1")) ?? [];
				return { parent: JSON.parse(value), group };
			};
			onTestFinished(() => void starter.stdin?.end());
			return { own, pid, starter, step };
		}

		async function startNode() {
			const script = `"${process.execPath}" "$0"; exit`;
			const starter: ChildProcess = spawn("/bin/sh", ["-c", script, join(folder, "platform.mjs")], {
				stdio: ["pipe", "pipe", "inherit"],
			});
			if (starter.stdout === null) throw new Error("There is no output.");
			const lines = createInterface({ input: starter.stdout })[Symbol.asyncIterator]();
			await lines.next();
			const children = await readFile(`/proc/${starter.pid}/task/${starter.pid}/children`, "latin1");
			return { pid: Number(children), lines, starter };
		}

		test("if only its ancestors are in its group, it moves with them into a leaf, and moves back when it closes", async () => {
			const { own, pid, starter, step } = await startPlatform();
			const name = own.slice(top.length).replace(/^\/?/, "/");
			const leaf = join(own, "coffer-platform");
			expect(await step()).toEqual({ parent: { folder: own, leaf }, group: `${name}/coffer-platform` });
			expect(await processesIn(own)).toEqual([]);
			expect((await processesIn(leaf)).sort()).toEqual([starter.pid as number, pid].sort());
			expect(await step()).toEqual({ parent: null, group: name });
			expect(existsSync(join(own, "coffer-platform"))).toBe(false);
			starter.stdin?.end();
			await once(starter, "exit");
		});

		test("if other programs are in its group, it moves no process", async () => {
			const { own, step } = await startPlatform();
			const other = await program("sleep 1000");
			await moveProcess(own, other.pid);
			const name = own.slice(top.length).replace(/^\/?/, "/");
			expect(await step()).toEqual({ parent: null, group: name });
			expect((await processesIn(own)).length).toBe(3);
		});
	},
);
