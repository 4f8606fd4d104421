/** What the drivers do that have control groups, beside what every driver does. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Resource } from "../../../src/platform/limits/limits.ts";
import { threadsOfProcess } from "../../../src/platform/limits/shares.ts";
import { nicenessOf } from "../runtime/as-user.ts";
import { type Open, opened, ownerOf } from "./contract.ts";
import { cpuOf, groupFoldersOf, groupsOf, hasEnded, program } from "./programs.ts";

const MEASURED_NS = 1e9;

/** @param bounded what the driver bounds on this machine */
export function groupsContract(name: string, open: Open, bounded: ReadonlySet<Resource>): void {
	const admitted = async (
		limits: Awaited<ReturnType<Open>>,
		app: string | undefined,
		script = "sleep 1000",
	) => {
		const started = await program(script);
		const member = limits.add(started.pid, app);
		await member.applied;
		return { ...started, member };
	};

	describe(`the driver ${name} with its groups`, () => {
		test("puts each process into its own, below its app's", async () => {
			const { limits } = await opened(open);
			const all = await Promise.all(["a", "a", "b"].map((app) => admitted(limits, app)));
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

		test("moves a process that becomes an app's, and keeps nothing of where it was", async () => {
			const { limits } = await opened(open);
			const { go, member, pid } = await admitted(limits, undefined, "sleep 1000 & wait");
			const before = await groupFoldersOf(pid);
			member.assign(ownerOf("shop"));
			await vi.waitFor(() => expect(before.filter((folder) => existsSync(dirname(folder)))).toEqual([]));
			expect((await groupsOf(pid))[0]).toMatch(/\/app-shop\/[^/]+$/);
			go();
			await member.remove();
			expect(await hasEnded(pid)).toBe(true);
		});

		test("ends what a process left running, and removes its groups and its app's, when it leaves", async () => {
			const { limits } = await opened(open);
			const { ended, go, member, output, pid } = await admitted(
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
			await member.remove();
			expect(await hasEnded(left)).toBe(true);
			expect(folders.filter((folder) => existsSync(dirname(folder)))).toEqual([]);
		});

		test("an app's name is a name, whatever it is called", async () => {
			const { limits, onFailure } = await opened(open);
			for (const app of ["..", ".", "a/../../b", "%2e"]) {
				const { pid } = await admitted(limits, app);
				expect((await groupsOf(pid))[0]).toMatch(/\/coffer-[0-9a-f]+\/app-[^/]+\/[^/]+$/);
			}
			expect(onFailure).not.toHaveBeenCalled();
		});

		test("removes all of its own when it closes, and nobody else's", async () => {
			const [own, other] = [await opened(open), await opened(open)];
			const [mine, theirs] = [await admitted(own.limits, "a"), await admitted(other.limits, "a")];
			const folders = await groupFoldersOf(mine.pid);
			await own.limits.close();
			expect(await mine.ended).toEqual([null, "SIGKILL"]);
			expect(folders.filter((folder) => existsSync(dirname(dirname(folder))))).toEqual([]);
			expect(await hasEnded(theirs.pid)).toBe(false);
			expect((await groupsOf(theirs.pid)).length).toBeGreaterThan(0);
		});

		test("what a platform that was killed left behind is ended by the next in its place, not by another", async () => {
			const { directory, limits, onFailure } = await opened(open);
			const { ended, pid } = await admitted(limits, "shop");
			await opened(open);
			expect(await hasEnded(pid)).toBe(false);
			const roots = (await groupFoldersOf(pid)).map((folder) => dirname(dirname(folder)));
			const next = await open({ directory, onFailure });
			expect(await ended).toEqual([null, "SIGKILL"]);
			await next.close();
			expect(roots.length).toBeGreaterThan(0);
			expect(roots.filter(existsSync)).toEqual([]);
		});

		test("where a process cannot be put into a group, it runs on with a lower priority, and that is told", async () => {
			const { limits, onFailure } = await opened(open);
			const { pid } = await admitted(limits, "shop");
			const root = (await groupFoldersOf(pid)).map((folder) => dirname(dirname(folder)));
			await limits.close();
			expect(root.filter(existsSync)).toEqual([]);
			const other = await admitted(limits, "shop");
			expect(onFailure).toHaveBeenCalledOnce();
			expect(await hasEnded(other.pid)).toBe(false);
			expect(nicenessOf(other.pid)).toBe(Math.min(19, nicenessOf(process.pid) + 5));
		});
	});

	/** What this machine's controllers are not there for is held by the other driver here, and by this one elsewhere. */
	describe.each(bounded.has("processes") ? ["processes"] : [])(`the driver ${name} bounds %s`, () => {
		test("one that forks without end is refused, its neighbour is not", async () => {
			const { limits } = await opened(open);
			const forking = await admitted(limits, "a", "while :; do sleep 1000 >/dev/null 2>&1 & done");
			const neighbour = await admitted(limits, "a", "for i in 1 2 3; do /bin/true && echo ran; done");
			const [folder = ""] = (await groupFoldersOf(forking.pid)).filter((each) =>
				existsSync(join(each, "pids.max")),
			);
			forking.go();
			expect(await forking.ended).toEqual([2, null]);
			neighbour.go();
			expect(await neighbour.output).toBe("ran\n".repeat(3));
			const max = threadsOfProcess(availableParallelism());
			expect(await readFile(join(folder, "pids.max"), "latin1")).toBe(`${max}\n`);
			await forking.member.remove();
			expect(existsSync(folder)).toBe(false);
		});
	});

	describe.each(bounded.has("processor") ? ["the processor"] : [])(`the driver ${name} bounds %s`, () => {
		test("an app with many processes has no more of it than one with one", async () => {
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
			// All of them spin by then.
			await atLeast(MEASURED_NS / 2, []);
			const used = await atLeast(MEASURED_NS, await cpuOfAll());
			const share = (used[3] as number) / sum(used);
			// A quarter is what it would have as one process among four.
			expect(share).toBeGreaterThan(0.35);
			expect(share).toBeLessThan(0.65);
		}, 70_000);
	});

	describe.each(bounded.has("memory") ? ["memory"] : [])(`the driver ${name} bounds %s`, () => {
		test("one that takes too much at once is ended, and told why; its neighbour is not", async () => {
			const { limits } = await opened(open);
			// What `tail` keeps of zeros without a line feed is one line.
			const taking = await admitted(limits, undefined, "head -c 400M /dev/zero | tail -n 1 | wc -c");
			const neighbour = await admitted(limits, "a");
			const onExceeded = vi.fn();
			taking.member.assign({ ...ownerOf("a"), memoryMiB: 64, onExceeded });
			await vi.waitFor(async () => expect((await groupsOf(taking.pid))[0]).toMatch(/app-a/));
			taking.go();
			expect(await taking.ended).toEqual([null, "SIGKILL"]);
			await taking.member.remove();
			expect(onExceeded).toHaveBeenCalledExactlyOnceWith(
				"The function used 144 MiB of memory at once and was ended.",
			);
			expect(await hasEnded(neighbour.pid)).toBe(false);
		});
	});
}
