/** The tests that the drivers with control groups have to pass, in addition to those for every driver. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Resource } from "../../../src/platform/limits/limits.ts";
import { threadsOfProcess } from "../../../src/platform/limits/shares.ts";
import { nicenessOf } from "../runtime/isolation/as-user.ts";
import { type Open, opened, ownerOf } from "./contract.ts";
import { cpuOf, groupFoldersOf, groupsOf, hasEnded, program } from "./programs.ts";

const MEASURED_NS = 1e9;

/** The weight of the group of a process, or of the group above it. */
async function weightOf(pid: number, of = (folder: string) => folder): Promise<number> {
	const files = (await groupFoldersOf(pid)).flatMap((folder) =>
		["cpu.shares", "cpu.weight"].map((name) => join(of(folder), name)),
	);
	const file = files.find(existsSync);
	return file === undefined ? Number.NaN : Number(await readFile(file, "latin1"));
}

/** @param bounded the resources that the driver limits on this machine */
export function groupsContract(name: string, open: Open, bounded: ReadonlySet<Resource>): void {
	const startLimited = async (
		limits: Awaited<ReturnType<Open>>,
		app: string | undefined,
		script = "sleep 1000",
	) => {
		const started = await program(script);
		const limited = limits.add(started.pid, app);
		await limited.applied;
		return { ...started, limited };
	};

	describe(`the driver ${name} with its groups`, () => {
		test("puts each process into a group of its own, below the group of its app", async () => {
			const { limits } = await opened(open);
			const all = await Promise.all(["a", "a", "b"].map((app) => startLimited(limits, app)));
			const groups = await Promise.all(all.map(async ({ pid }) => (await groupsOf(pid))[0] as string));
			expect(new Set(groups).size).toBe(3);
			const [first = "", second = "", third = ""] = groups.map(dirname);
			expect(first).toBe(second);
			expect(first).toMatch(/\/app-a$/);
			expect(third).toMatch(/\/app-b$/);
			expect(dirname(third)).toBe(dirname(first));
			const self = await groupsOf("self");
			expect(self.filter((group) => !/(^|\/)coffer-platform$/.test(group))).toEqual([]);
		});

		test("moves a process that is assigned to an app, and removes its former groups", async () => {
			const { limits } = await opened(open);
			const { go, limited, pid } = await startLimited(limits, undefined, "sleep 1000 & wait");
			const before = await groupFoldersOf(pid);
			limited.assign(ownerOf("shop"));
			await vi.waitFor(() => expect(before.filter((folder) => existsSync(dirname(folder)))).toEqual([]));
			expect((await groupsOf(pid))[0]).toMatch(/\/app-shop\/[^/]+$/);
			go();
			await limited.remove();
			expect(await hasEnded(pid)).toBe(true);
		});

		test.each(bounded.has("processor") ? ["weight"] : [])(
			"lets a process that starts, and those without an app, have a quarter of the %s of one that serves",
			async () => {
				const { limits } = await opened(open);
				const [serving, starting, spare] = await Promise.all(
					["a", "a", undefined].map((app) => startLimited(limits, app)),
				);
				if (!serving || !starting || !spare) throw new Error("Not all have started.");
				serving.limited.startedServing();
				await vi.waitFor(async () => {
					const weight = await weightOf(serving.pid);
					expect(await weightOf(starting.pid)).toBe(weight / 4);
					expect(await weightOf(spare.pid, dirname)).toBe(weight / 4);
				});
				starting.limited.startedServing();
				spare.limited.assign(ownerOf("a"));
				spare.limited.startedServing();
				const weight = await weightOf(serving.pid);
				await vi.waitFor(async () => {
					expect(await weightOf(starting.pid)).toBe(weight);
					expect(await weightOf(spare.pid)).toBe(weight);
				});
			},
		);

		test("kills the descendants of an ended process, and removes its groups and its app's groups", async () => {
			const { limits } = await opened(open);
			const { ended, go, limited, output, pid } = await startLimited(
				limits,
				"shop",
				"sleep 1000 >/dev/null 2>&1 & echo $!",
			);
			const folders = await groupFoldersOf(pid);
			expect(folders.length).toBeGreaterThan(0);
			go();
			await ended;
			const left = Number(await output);
			expect(await hasEnded(left)).toBe(false);
			await limited.remove();
			expect(await hasEnded(left)).toBe(true);
			expect(folders.filter((folder) => existsSync(dirname(folder)))).toEqual([]);
		});

		test("any name of an app is a valid name of a group, and never a path", async () => {
			const { limits, onFailure } = await opened(open);
			for (const app of ["..", ".", "a/../../b", "%2e"]) {
				const { pid } = await startLimited(limits, app);
				expect((await groupsOf(pid))[0]).toMatch(/\/coffer-[0-9a-f]+\/app-[^/]+\/[^/]+$/);
			}
			expect(onFailure).not.toHaveBeenCalled();
		});

		test("removes all of its groups when it closes, and no other platform's groups", async () => {
			const [own, other] = [await opened(open), await opened(open)];
			const [mine, theirs] = [await startLimited(own.limits, "a"), await startLimited(other.limits, "a")];
			const folders = await groupFoldersOf(mine.pid);
			await own.limits.close();
			expect(await mine.ended).toEqual([null, "SIGKILL"]);
			expect(folders.filter((folder) => existsSync(dirname(dirname(folder))))).toEqual([]);
			expect(await hasEnded(theirs.pid)).toBe(false);
			expect((await groupsOf(theirs.pid)).length).toBeGreaterThan(0);
		});

		test("the groups of a killed platform are removed by the next platform in the same directory, and not by another one", async () => {
			const { directory, limits, onFailure } = await opened(open);
			const { ended, pid } = await startLimited(limits, "shop");
			await opened(open);
			expect(await hasEnded(pid)).toBe(false);
			const roots = (await groupFoldersOf(pid)).map((folder) => dirname(dirname(folder)));
			const next = await open({ directory, onFailure });
			expect(await ended).toEqual([null, "SIGKILL"]);
			await next.close();
			expect(roots.length).toBeGreaterThan(0);
			expect(roots.filter(existsSync)).toEqual([]);
		});

		test("a process that cannot be put into a group continues with a lower priority, and the failure is reported", async () => {
			const { limits, onFailure } = await opened(open);
			const { pid } = await startLimited(limits, "shop");
			const root = (await groupFoldersOf(pid)).map((folder) => dirname(dirname(folder)));
			await limits.close();
			expect(root.filter(existsSync)).toEqual([]);
			const other = await startLimited(limits, "shop");
			expect(onFailure).toHaveBeenCalledOnce();
			expect(await hasEnded(other.pid)).toBe(false);
			expect(nicenessOf(other.pid)).toBe(Math.min(19, nicenessOf(process.pid) + 5));
		});
	});

	/** Each resource is tested with the driver that limits it on this machine. */
	describe.each(bounded.has("processes") ? ["processes"] : [])(`the driver ${name} limits %s`, () => {
		test("a process that forks without end gets errors, and a process of the same app does not", async () => {
			const { limits } = await opened(open);
			const forking = await startLimited(limits, "a", "while :; do sleep 1000 >/dev/null 2>&1 & done");
			const neighbour = await startLimited(limits, "a", "for i in 1 2 3; do /bin/true && echo ran; done");
			const [folder = ""] = (await groupFoldersOf(forking.pid)).filter((each) =>
				existsSync(join(each, "pids.max")),
			);
			forking.go();
			expect(await forking.ended).toEqual([2, null]);
			neighbour.go();
			expect(await neighbour.output).toBe("ran\n".repeat(3));
			const max = threadsOfProcess(availableParallelism());
			expect(await readFile(join(folder, "pids.max"), "latin1")).toBe(`${max}\n`);
			await forking.limited.remove();
			expect(existsSync(folder)).toBe(false);
		});
	});

	describe.each(bounded.has("processor") ? ["the processor"] : [])(`the driver ${name} limits %s`, () => {
		test("an app with many processes gets no larger share than an app with one process", async () => {
			const { limits } = await opened(open);
			const spin = async (app: string) => {
				const started = await program("while :; do :; done", ["/usr/bin/taskset", "-c", "0"]);
				await limits.add(started.pid, app).applied;
				return started;
			};
			const many = await Promise.all([spin("many"), spin("many"), spin("many")]);
			const one = await spin("one");
			const all = [...many, one];
			for (const { go } of all) go();
			const cpuOfAll = () => Promise.all(all.map(({ pid }) => cpuOf(pid)));
			const sum = (times: readonly number[]) => times.reduce((total, ns) => total + ns, 0);
			const atLeast = (ns: number, since: readonly number[]) =>
				vi.waitFor(
					async () => {
						const used = (await cpuOfAll()).map((each, index) => each - (since[index] ?? 0));
						expect(sum(used)).toBeGreaterThan(ns);
						return used;
					},
					{ timeout: 60_000 },
				);
			// All of them are busy by now.
			await atLeast(MEASURED_NS / 2, []);
			const used = await atLeast(MEASURED_NS, await cpuOfAll());
			const share = (used[3] as number) / sum(used);
			// If the share depended on the number of processes, it would be a quarter.
			expect(share).toBeGreaterThan(0.35);
			expect(share).toBeLessThan(0.65);
		}, 70_000);
	});

	describe.each(bounded.has("memory") ? ["memory"] : [])(`the driver ${name} limits %s`, () => {
		test("a process that allocates too much at once is killed with a message, and a process of the same app is not", async () => {
			const { limits } = await opened(open);
			// `tail` keeps zeros without a line feed in memory as one line.
			const taking = await startLimited(limits, undefined, "head -c 400M /dev/zero | tail -n 1 | wc -c");
			const neighbour = await startLimited(limits, "a");
			const onExceeded = vi.fn();
			taking.limited.assign({ ...ownerOf("a"), memoryMiB: 64, onExceeded });
			await vi.waitFor(async () => expect((await groupsOf(taking.pid))[0]).toMatch(/app-a/));
			taking.go();
			expect(await taking.ended).toEqual([null, "SIGKILL"]);
			await taking.limited.remove();
			expect(onExceeded).toHaveBeenCalledExactlyOnceWith(
				"The function used 144 MiB of memory at once and was ended.",
			);
			expect(await hasEnded(neighbour.pid)).toBe(false);
		});
	});
}
