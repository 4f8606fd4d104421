/** Every driver that works on this machine, and the choice between them. */
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
import { nicenessOf } from "../runtime/isolation/as-user.ts";
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

/** The resources that a driver limits on this machine. Undefined if the driver does not work. */
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

test("a process of another container, which is listed as 0, is ignored, because a signal to 0 would reach this process", async () => {
	const folder = await mkdtemp(join(tmpdir(), "coffer-limits-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	await writeFile(join(folder, "cgroup.procs"), "0\n4711\n0\n");
	expect(await processesIn(folder)).toEqual([4711]);
	expect(await processesIn(join(folder, "absent"))).toEqual([]);
});

test("by priority, a process that serves has a lower priority than the platform", async () => {
	const { pid } = await program("sleep 1000");
	const member = priorityLimits().add(pid, "shop");
	expect(nicenessOf(pid)).toBe(nicenessOf(process.pid));
	member.startedServing();
	expect(nicenessOf(pid)).toBe(Math.min(19, nicenessOf(process.pid) + 5));
});

/** Only if the driver is opened alone, because a process is in one group of each hierarchy. */
test.each((await boundedBy("cgroup1"))?.has("processor") ? ["cpu.shares"] : [])(
	"with version 1, the platform has a higher %s than all functions together, and moves back when it closes",
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

test("the platform uses the working driver that limits the most resources", async () => {
	const { limits } = await opened(openLimits);
	const bounds = [await boundedBy("cgroup2"), await boundedBy("cgroup1")];
	const best = bounds.some((each) => each?.has("processor"));
	expect(limits.bounded.has("processor")).toBe(best);
	expect(limits.driver === "priority").toBe(bounds.every((each) => (each?.size ?? 0) === 0));
});
