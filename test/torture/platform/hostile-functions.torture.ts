/**
 * Functions that attack every wall (mechanism of isolation). Each probe runs with its wall in place, and must
 * be refused. It runs once more with only that wall removed, and must succeed. That shows that the wall
 * refused it, and that the probe itself works.
 */

import { type Random, randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { openNetworkNamespace } from "./hostile/functions/network.ts";
import { openPermissions } from "./hostile/functions/permissions.ts";
import type { Part, Probe } from "./hostile/functions/probe.ts";
import { openUsers } from "./hostile/functions/users.ts";

/** The minimum number of probes. */
const PROBES_MIN = 120;

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
	"Deno's permissions": openPermissions,
	"a user of its own": openUsers,
	"a network and a view of the files of its own": openNetworkNamespace,
};
const planted = (wall: string) => `taken away: ${wall}`;

/** The fault of the wall or of the probe; undefined if the wall holds and the probe works without it. */
async function faultOf({ refusal = /./, within, without }: Probe): Promise<string | undefined> {
	const { error = "", result } = await within();
	if (result !== undefined) return `it succeeded: ${result.slice(0, 200)}`;
	if (!refusal.test(error)) return `it was not refused, it failed: ${error.slice(0, 200)}`;
	const open = await without();
	return open.result === undefined
		? `without the wall it failed, too: ${open.error?.slice(0, 200)}`
		: undefined;
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
	const ordered = list.map((item) => ({ item, order: random.below(1) }));
	return ordered.sort((one, other) => one.order - other.order).map(({ item }) => item);
}

/**
 * Every kind of target gets its share, however few probes it has. Each kind is shuffled by itself: the number of
 * probes of the network differs between machines, and must not change which of the others are chosen.
 */
function chosen(probes: readonly Probe[], rounds: number, seed: number): Probe[] {
	const aims = [...new Set(probes.map(({ aim }) => aim))];
	const ofAim = aims.map((aim) =>
		shuffled(
			probes.filter((probe) => probe.aim === aim),
			randomFrom(seed),
		),
	);
	const inTurns: Probe[] = [];
	for (let turn = 0; inTurns.length < Math.min(rounds, probes.length); turn++)
		inTurns.push(...ofAim.flatMap((list) => list.slice(turn, turn + 1)));
	return inTurns.slice(0, rounds);
}

async function run({ plant, rounds, seed }: TortureOptions): Promise<TortureReport> {
	const [failures, tally]: [string[], Record<string, number>] = [[], {}];
	let [count, played] = [0, 0];
	const share = Math.ceil(rounds / Object.keys(PARTS).length);
	for (const [wall, open] of Object.entries(PARTS)) {
		if (plant !== undefined && plant !== planted(wall)) continue;
		const part = await open();
		count += part.probes.length;
		for (const probe of chosen(part.probes, share, seed)) {
			const subject = plant === undefined ? probe : { ...probe, within: probe.without };
			const fault = await faultOf(subject);
			if (fault !== undefined) failures.push(`${wall}, ${probe.aim}: ${probe.name}: ${fault}`);
			const key = `${wall}: ${probe.aim}`;
			tally[key] = (tally[key] ?? 0) + 1;
			played++;
			if (plant !== undefined && failures.length > 0) break;
		}
		await part.close();
	}
	tally["probes in all"] = count;
	if (plant === undefined && count < PROBES_MIN)
		failures.push(`there are ${count} probes, and are to be ${PROBES_MIN} at the least`);
	// There may be fewer probes than requested rounds.
	return { rounds: failures.length > 0 ? played : rounds, failures, tally };
}

export const torture: Torture = {
	name: "hostile-functions: functions that try to get past every wall",
	rounds: { short: 120, long: 10_000 },
	plants: Object.keys(PARTS).map(planted),
	run,
};
