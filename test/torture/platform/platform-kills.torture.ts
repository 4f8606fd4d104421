/** A platform is killed at random moments, while a client sets secrets, deploys and deletes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { readIdentityFile } from "../../../src/identity/identity-file.ts";
import { LIMITS } from "../../../src/platform/configuration/limits.ts";
import { Platform } from "../../stories/support/platform.ts";
import { bundleFor } from "../../support/bundle.ts";
import { ROOT } from "../../support/root.ts";
import { type Random, randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { KilledClient } from "./platform-kills/client.ts";
import { isGone, Ledger } from "./platform-kills/ledger.ts";
import { INSTANCE, PLATFORM_PLANTS } from "./platform-kills/plants.ts";

/** The maximum time until a platform is killed. */
const LIFE_MS = [1_000, 3_000, 5_000];
/** The maximum delay after one of its first writes. */
const WRITING_MS = [1, 8, 40];
const WRITES = 40;
/** The time in which processes must end after a request to end, or after the start of the next platform. */
const ORPHANS_GONE_MS = 10_000;
const LOOK_MS = 20;
const SPARES = LIMITS.spares.default;

/** Kills at a random moment, or soon after a write to the store. */
async function killSometime(platform: Platform, random: Random): Promise<void> {
	if (random.chance(0.5)) await after(random.below(random.pick(LIFE_MS)));
	else {
		const controller = new AbortController();
		const bound = after(random.pick(LIFE_MS), undefined, { signal: controller.signal }).catch(
			() => undefined,
		);
		await Promise.race([bound, write(platform.data, random.int(WRITES), controller.signal)]);
		controller.abort();
		await after(random.below(random.pick(WRITING_MS)));
	}
	await platform.kill();
}

/** Resolves when something is written in the folder, after skipping some writes. */
function write(folder: string, after: number, signal: AbortSignal): Promise<void> {
	let left = after;
	return new Promise((resolve) => {
		watch(folder, { signal }, () => {
			if (left-- === 0) resolve();
		});
	});
}

/** Processes of a platform's functions and its spare processes. */
function processesOf(folder: string, platform: number): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name) && Number(name) !== platform)
		.map(Number)
		.filter((pid) => {
			try {
				const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
				return command.includes(`${folder}/`) && INSTANCE.test(command);
			} catch {
				return false;
			}
		});
}

function end(pids: readonly number[]): void {
	for (const pid of pids) {
		try {
			process.kill(pid, "SIGKILL");
		} catch {
			// It ended by itself in between.
		}
	}
}

/**
 * Processes that the next platform did not take over, and that did not end in time. No function was started since. They
 * are ended here. Some of those that run no function are spare processes.
 */
async function orphans(platform: Platform, client: KilledClient): Promise<string[]> {
	const untilMs = performance.now() + ORPHANS_GONE_MS;
	const unknown = async () => {
		const running = processesOf(platform.folder, platform.pid);
		// An app that the killed platform did not create any more has no functions.
		const known = running.length === 0 ? [] : await client.pids().catch(() => []);
		return running.filter((pid) => !known.includes(pid));
	};
	let left = await unknown();
	while (left.length > SPARES && performance.now() < untilMs) {
		await after(LOOK_MS);
		left = await unknown();
	}
	if (left.length <= SPARES) return [];
	end(left);
	return left
		.slice(SPARES)
		.map(() => "a process of a function outlived its platform, and no platform took it over");
}

/** Makes requests until the platform is gone. @returns the faults until then */
async function work(ledger: Ledger, client: KilledClient, random: Random, count: (what: string) => void) {
	for (;;) {
		try {
			count(await ledger.act(client, random));
		} catch (error) {
			if (isGone(error)) return [];
			return [error instanceof Error ? error.message : "unknown"];
		}
	}
}

async function call(platform: Platform, name: string): Promise<string> {
	const { status, text } = await platform.call(name);
	return status === 200 ? text : `status ${status}: ${text}`;
}

async function playOne(
	platform: Platform,
	ledger: Ledger,
	random: Random,
	count: (what: string) => void,
): Promise<string[]> {
	const client = new KilledClient(platform);
	const [wrong] = await Promise.all([work(ledger, client, random, count), killSometime(platform, random)]);
	await platform.start();
	wrong.push(...(await orphans(platform, client)));
	wrong.push(...(await ledger.check(client, (name) => call(platform, name))));
	return wrong;
}

async function playAll(platform: Platform, options: TortureOptions): Promise<TortureReport> {
	const { rounds, seed, plant } = options;
	const random = randomFrom(seed);
	const tally: Record<string, number> = {};
	const count = (what: string) => {
		tally[what] = (tally[what] ?? 0) + 1;
	};
	await platform.start();
	const ledger = new Ledger();
	ledger.vault.add(await readIdentityFile(join(platform.folder, "identity")), "reader", "platform");
	const failures: string[] = [];
	let played = 0;
	for (; played < rounds && !(plant && failures.length > 0); played++) {
		const wrong = await playOne(platform, ledger, random, count).catch((error: unknown) => [
			error instanceof Error ? error.message : "unknown",
		]);
		failures.push(...wrong.map((what) => `kill ${played + 1}: ${what}`));
		// Without this, a lost change would be reported again after every kill.
		if (wrong.length > 0) break;
	}
	return { rounds: failures.length > 0 ? played : rounds, failures, tally };
}

async function run(options: TortureOptions): Promise<TortureReport> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-platform-kills-"));
	const variables: Record<string, string> = {};
	if (options.plant) {
		const preload = join(folder, "preload.cjs");
		await bundleFor("test/torture/platform/platform-kills/preload.program.ts", preload, { format: "cjs" });
		Object.assign(variables, {
			NODE_OPTIONS: `--require ${preload}`,
			PLANT: options.plant,
			PLANT_ROOT: ROOT,
		});
	}
	const platform = new Platform(variables, ["--spare-processes", String(SPARES)]);
	try {
		return await playAll(platform, options);
	} finally {
		await platform[Symbol.asyncDispose]();
		end(processesOf(platform.folder, -1));
		rmSync(folder, { recursive: true });
	}
}

export const torture: Torture = {
	name: "platform-kills: a platform that is killed at random moments",
	rounds: { short: 8, long: 200 },
	plants: PLATFORM_PLANTS,
	run,
};
