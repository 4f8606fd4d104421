/** Every driver, as far as this machine has it; and which of them is taken. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { GroupDriver } from "../../../src/platform/limits/cgroup-drivers.ts";
import { processesIn } from "../../../src/platform/limits/cgroup-files.ts";
import { hierarchiesOf } from "../../../src/platform/limits/hierarchies.ts";
import type { Limits } from "../../../src/platform/limits/limits.ts";
import { findHierarchies, openDriver, openLimits } from "../../../src/platform/limits/open-limits.ts";
import { priorityLimits } from "../../../src/platform/limits/priority.ts";
import { nicenessOf } from "../runtime/as-user.ts";
import { contract, type Open, opened } from "./contract.ts";
import { groupsContract } from "./groups-contract.ts";
import { groupFoldersOf, program } from "./programs.ts";

const hierarchies = await findHierarchies();
const opening =
	(driver: GroupDriver): Open =>
	async (options) => {
		const limits = await openDriver(driver, hierarchies, options);
		if (limits === undefined) throw new Error(`${driver} does not work here.`);
		return limits;
	};

/** What a driver bounds here; undefined where it does not work. */
async function boundedBy(driver: GroupDriver): Promise<Limits["bounded"] | undefined> {
	const directory = await mkdtemp(join(tmpdir(), "coffer-limits-"));
	const limits = await openDriver(driver, hierarchies, { directory, onFailure: () => {} });
	await limits?.close();
	await rm(directory, { recursive: true });
	return limits?.bounded;
}

contract("priority", async () => priorityLimits());

for (const [driver, name] of [
	["cgroup1", "cgroup v1"],
	["cgroup2", "cgroup v2"],
] as const) {
	const bounded = await boundedBy(driver);
	if (bounded === undefined) continue;
	contract(name, opening(driver));
	groupsContract(name, opening(driver), bounded);
}

test("a process of another container, which has no number here, is none: a signal to it would be one to this process", async () => {
	const folder = await mkdtemp(join(tmpdir(), "coffer-limits-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	await writeFile(join(folder, "cgroup.procs"), "0\n4711\n0\n");
	expect(await processesIn(folder)).toEqual([4711]);
	expect(await processesIn(join(folder, "absent"))).toEqual([]);
});

test("by priority, a process has less than the platform once it serves", async () => {
	const { pid } = await program("sleep 1000");
	const member = priorityLimits().add(pid, "shop");
	expect(nicenessOf(pid)).toBe(nicenessOf(process.pid));
	member.startedServing();
	expect(nicenessOf(pid)).toBe(Math.min(19, nicenessOf(process.pid) + 5));
});

/** Where it is opened alone: what a process is in is one thing. */
test.each((await boundedBy("cgroup1"))?.has("processor") ? ["cpu.shares"] : [])(
	"by version 1, the platform weighs more than all functions together by its %s, and is back where it was when it closes",
	async (file) => {
		const cpu = hierarchies.find(({ controllers }) => controllers.includes("cpu"));
		const ownOf = async () =>
			hierarchiesOf(
				await readFile("/proc/self/mountinfo", "latin1"),
				await readFile("/proc/self/cgroup", "latin1"),
			).find(({ controllers }) => controllers.includes("cpu"))?.own ?? "";
		const { limits } = await opened(opening("cgroup1"));
		const platform = await ownOf();
		expect(platform).toMatch(/\/coffer-platform$/);
		const { pid } = await program("sleep 1000");
		await limits.add(pid, "shop").applied;
		const folders = (await groupFoldersOf(pid)).map((folder) => dirname(dirname(folder)));
		const functions = folders.find((folder) => existsSync(join(folder, file))) ?? "";
		const weightOf = async (folder: string) => Number(await readFile(join(folder, file), "latin1"));
		expect(await weightOf(platform)).toBe(4 * (await weightOf(functions)));
		expect(dirname(platform)).toBe(dirname(functions));
		await limits.close();
		expect(await ownOf()).toBe(cpu?.own);
	},
);

test("the one that is taken is the one that works and bounds the most", async () => {
	const { limits } = await opened(openLimits);
	const bounds = [await boundedBy("cgroup2"), await boundedBy("cgroup1")];
	const best = bounds.some((each) => each?.has("processor"));
	expect(limits.bounded.has("processor")).toBe(best);
	expect(limits.driver === "priority").toBe(bounds.every((each) => (each?.size ?? 0) === 0));
});
