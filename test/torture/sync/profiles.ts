/** Kinds of schedules, and how the next action of one is chosen. */

import type { Random } from "../random.ts";
import type { Action, Command, Fault, Verdict } from "./world/actions.ts";
import { FAULTS, SMOOTH } from "./world/actions.ts";
import type { World } from "./world/world.ts";

export interface Profile {
	readonly name: string;
	/** The possible numbers of devices. */
	readonly devices: readonly number[];
	/** The number of devices that are not members at first. */
	readonly strangers: number;
	readonly commands: readonly [least: number, most: number];
	/** The probability that a message gets a fault. */
	readonly faults: number;
	/** Whether the platform and processes can fail. */
	readonly goDown: boolean;
	readonly members: boolean;
	readonly git: boolean;
}

const BASE = {
	devices: [2, 2, 3, 4],
	strangers: 0,
	commands: [6, 18],
	faults: 0.25,
	goDown: false,
	members: false,
	git: false,
} as const;

export const PROFILES = {
	values: { ...BASE, name: "values" },
	restarts: { ...BASE, name: "restarts", goDown: true },
	crowd: { ...BASE, name: "crowd", devices: [8], commands: [16, 32], faults: 0.15, goDown: true },
	/** One fault at one message of a script: `cuts.ts`. */
	cuts: { ...BASE, name: "cuts", devices: [2] },
	members: { ...BASE, name: "members", devices: [3, 4, 5], strangers: 1, goDown: true, members: true },
	git: { ...BASE, name: "git", devices: [2, 3, 4], goDown: true, git: true },
} satisfies Record<string, Profile>;

const NAMES = ["A", "B", "C", "D"] as const;
const DOWN: readonly Fault[] = ["down-before", "down-amid", "down-after"];
const ACTIONS_MAX = 400;

export class Chooser {
	readonly #profile: Profile;
	readonly #random: Random;
	#commands: number;
	#actions = 0;
	#number = 100;
	readonly #deleted = new Set<string>();
	readonly #moved = new Set<number>();

	constructor(profile: Profile, random: Random) {
		this.#profile = profile;
		this.#random = random;
		const [least, most] = profile.commands;
		this.#commands = least + random.int(most - least + 1);
	}

	/** The next action; undefined at the end. */
	next(world: World): Action | undefined {
		if (this.#actions++ > ACTIONS_MAX) return undefined;
		const random = this.#random;
		const waiting = [...world.tasks.keys()];
		const free = world.devices
			.filter(({ hasJoined }) => hasJoined)
			.flatMap(({ index }) => [0, 1].map((slot) => ({ device: index, slot })))
			.filter(({ device, slot }) => !world.tasks.has(`${device}.${slot}`));
		// A second process on a device is less frequent.
		const among = free.filter(({ slot }) => slot === 0 || random.chance(0.15)).concat(free.slice(0, 1));
		const place = among.length > 0 ? random.pick(among) : undefined;
		const canStart = this.#commands > 0 && place !== undefined;
		if (!canStart && (waiting.length === 0 || random.chance(0.02))) return undefined;
		const kind = random.weighted([
			[canStart ? 3 : 0, "start"],
			[waiting.length > 0 ? 8 : 0, "go"],
			[world.network.sent.length > 0 ? 0.5 : 0, "replay"],
			[this.#profile.goDown ? 0.3 : 0, "restart"],
			[this.#profile.goDown ? 0.2 : 0, "clock"],
		] as const);
		if (kind === "start" && place !== undefined) {
			this.#commands--;
			return { type: "start", ...place, command: this.#command(world, place.device) };
		}
		if (kind === "go") return this.#go(random.pick(waiting));
		if (kind === "replay") return { type: "replay", index: random.int(world.network.sent.length) };
		if (kind === "restart") return { type: "restart" };
		return { type: "clock", byMs: random.pick([-86_400_000, -60_000, 60_000, 86_400_000 * 365]) };
	}

	#go(id: string): Action {
		const random = this.#random;
		const [device = 0, slot = 0] = id.split(".").map(Number);
		const place = { device, slot };
		if (this.#profile.goDown && random.chance(0.04)) return { type: "kill", ...place };
		const dies = this.#profile.goDown && random.chance(0.05);
		const verdict = this.#verdict();
		if (!dies) return { type: "go", ...place, verdict };
		return { type: "go", ...place, verdict, dies: random.pick(["waiting", "unremembered"] as const) };
	}

	#verdict(): Verdict {
		const random = this.#random;
		const inPieces = random.chance(0.5);
		if (!random.chance(this.#profile.faults)) return { ...SMOOTH, inPieces };
		const faults = FAULTS.filter(
			(fault) => fault !== "none" && (this.#profile.goDown || !DOWN.includes(fault)),
		);
		return { fault: random.pick(faults), at: random.below(1), inPieces };
	}

	#command(world: World, device: number): Command {
		const random = this.#random;
		const asked = (world.devices[device]?.asked.size ?? 0) > 0;
		const { git, members } = this.#profile;
		const kind = random.weighted([
			[6, "set"],
			[0.6, "delete"],
			[asked ? 6 : 3, "sync"],
			[members && device === 0 ? 4 : 0, "member"],
			[git ? 6 : 0, "git"],
		] as const);
		const syncs = random.chance(0.65);
		if (kind === "sync")
			return {
				kind,
				take: asked && random.chance(0.7) ? random.pick(["local", "platform"] as const) : undefined,
			};
		if (kind === "git")
			return { kind: random.pick(["pull", "push"] as const), take: random.pick(["ours", "theirs"] as const) };
		if (kind === "member") return this.#member(world) ?? { kind: "sync", take: undefined };
		const name = random.pick(NAMES);
		// Each name at most once, because two deletions cannot be distinguished.
		if (kind === "delete" && !this.#deleted.has(name)) {
			this.#deleted.add(name);
			return { kind, name, syncs };
		}
		return { kind: "set", values: this.#values(world, name), syncs };
	}

	#values(world: World, name: string): (readonly [string, number])[] {
		const random = this.#random;
		const others = world.ledger.intents.filter(
			(intent) => intent.name === name && intent.value.startsWith("#"),
		);
		const last = others.at(-1);
		// Sometimes the same value that another device has set.
		if (last && random.chance(0.05)) return [[name, Number(last.value.slice(1))]];
		const names = random.chance(0.25) ? [name, random.pick(NAMES)] : [name];
		return [...new Set(names)].map((one) => [one, ++this.#number]);
	}

	/** A device that is not a member joins, or a member leaves. */
	#member(world: World): Command | undefined {
		const random = this.#random;
		const open = world.devices.filter(({ index }) => index > 0 && !this.#moved.has(index));
		const joining = open.filter(({ hasJoined }) => !hasJoined);
		const leaving = open.filter(({ hasJoined, isRemoved }) => hasJoined && !isRemoved);
		const [kind, list] =
			random.chance(0.5) && joining.length > 0 ? (["add", joining] as const) : (["remove", leaving] as const);
		const chosen = list.length > 0 ? random.pick(list) : undefined;
		if (!chosen || (kind === "remove" && leaving.length < 2)) return undefined;
		if (kind === "remove") this.#moved.add(chosen.index);
		return { kind, device: chosen.index };
	}
}
