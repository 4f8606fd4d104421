/** The tests that every driver of limits has to pass, with real processes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Limits, LimitsOptions, ProcessOwner } from "../../../src/platform/limits/limits.ts";
import { hasEnded, program } from "./programs.ts";

export type Open = (options: LimitsOptions) => Promise<Limits>;

export const ownerOf = (app: string): ProcessOwner => ({ app, memoryMiB: 256, onExceeded: () => {} });

/** A driver with a directory of its own, closed with the test. */
export async function opened(open: Open) {
	const directory = await mkdtemp(join(tmpdir(), "coffer-limits-"));
	const onFailure = vi.fn();
	const limits = await open({ directory, onFailure });
	onTestFinished(async () => {
		await limits.close();
		await rm(directory, { recursive: true });
	});
	return { directory, limits, onFailure };
}

/** @param open opens this driver */
export function contract(name: Limits["driver"], open: Open): void {
	describe(`the driver ${name}`, () => {
		test("reports its name", async () => {
			expect((await opened(open)).limits.driver).toBe(name);
		});

		test.each([undefined, "shop"])(
			"limits a process that starts with the app %s, and does not disturb it",
			async (app) => {
				const { limits, onFailure } = await opened(open);
				const { go, output, pid } = await program("echo served");
				const limited = limits.add(pid, app);
				await limited.applied;
				limited.assign(ownerOf("shop"));
				limited.startedServing();
				go();
				expect(await output).toBe("served\n");
				await limited.remove();
				expect(onFailure).not.toHaveBeenCalled();
			},
		);

		test("accepts a process that could not be spawned or has ended, and reports no failure", async () => {
			const { limits, onFailure } = await opened(open);
			const { ended, go, pid } = await program("");
			go();
			await ended;
			for (const endedPid of [-1, pid]) {
				const limited = limits.add(endedPid, "shop");
				await limited.applied;
				limited.assign(ownerOf("shop"));
				await limited.remove();
			}
			expect(onFailure).not.toHaveBeenCalled();
		});

		test("handles many concurrent processes of a few apps", async () => {
			const { limits, onFailure } = await opened(open);
			const programs = await Promise.all(Array.from({ length: 12 }, () => program("")));
			const runs = programs.map(async ({ ended, go, pid }, index) => {
				const app = `app-${index % 3}`;
				const limited = limits.add(pid, index % 2 === 0 ? app : undefined);
				await limited.applied;
				limited.assign(ownerOf(app));
				go();
				await ended;
				await limited.remove();
			});
			await Promise.all(runs);
			expect(onFailure).not.toHaveBeenCalled();
		});

		test("does not touch other processes", async () => {
			const { limits } = await opened(open);
			const [{ pid }, other] = [await program("sleep 1000"), await program("sleep 1000")];
			await limits.add(pid, "shop").applied;
			await limits.close();
			expect(await hasEnded(other.pid)).toBe(false);
			expect(await hasEnded(process.pid)).toBe(false);
		});
	});
}
