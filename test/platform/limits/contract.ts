/** What every driver of limits does, with real processes. */
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

/** @param open opens the driver by itself */
export function contract(name: Limits["driver"], open: Open): void {
	describe(`the driver ${name}`, () => {
		test("says what it is", async () => {
			expect((await opened(open)).limits.driver).toBe(name);
		});

		test.each([undefined, "shop"])(
			"takes in a process that is first of the app %s, and lets it be",
			async (app) => {
				const { limits, onFailure } = await opened(open);
				const { go, output, pid } = await program("echo served");
				const member = limits.add(pid, app);
				await member.applied;
				member.assign(ownerOf("shop"));
				member.startedServing();
				go();
				expect(await output).toBe("served\n");
				await member.remove();
				expect(onFailure).not.toHaveBeenCalled();
			},
		);

		test("takes a process that could not be spawned, or has ended, without a word", async () => {
			const { limits, onFailure } = await opened(open);
			const { ended, go, pid } = await program("");
			go();
			await ended;
			for (const gone of [-1, pid]) {
				const member = limits.add(gone, "shop");
				await member.applied;
				member.assign(ownerOf("shop"));
				await member.remove();
			}
			expect(onFailure).not.toHaveBeenCalled();
		});

		test("has many at once come and go, of few apps", async () => {
			const { limits, onFailure } = await opened(open);
			const programs = await Promise.all(Array.from({ length: 12 }, () => program("")));
			const come = programs.map(async ({ ended, go, pid }, index) => {
				const app = `app-${index % 3}`;
				const member = limits.add(pid, index % 2 === 0 ? app : undefined);
				await member.applied;
				member.assign(ownerOf(app));
				go();
				await ended;
				await member.remove();
			});
			await Promise.all(come);
			expect(onFailure).not.toHaveBeenCalled();
		});

		test("leaves the processes alone that it was not told of", async () => {
			const { limits } = await opened(open);
			const [{ pid }, other] = [await program("sleep 1000"), await program("sleep 1000")];
			await limits.add(pid, "shop").applied;
			await limits.close();
			expect(await hasEnded(other.pid)).toBe(false);
			expect(await hasEnded(process.pid)).toBe(false);
		});
	});
}
