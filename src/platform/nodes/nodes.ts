/** One of several nodes of a platform: shows itself to the others, follows what they do, and waits for them. */
import type { HostNames } from "../apps/host-names.ts";
import { describeError } from "../faults/log.ts";
import type { Clock } from "../machine/clock.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";
import { cutOff } from "../redeploy/rollout/rollouts.ts";
import type { TokenRegistry } from "../tokens/tokens.ts";
import type { NodeCalls } from "./calls/calls.ts";
import { Following, type FollowingOptions } from "./following.ts";
import { Presence, type PresenceOptions } from "./presence.ts";
import { type NodeProgress, ProgressWatch, type Wanted } from "./progress.ts";
import { Takeover } from "./takeover.ts";

/** How often a node looks for rollouts whose node has died. */
const LOOK_MS = 3_000;

export interface NodesOptions
	extends Omit<PresenceOptions, "onError" | "onServing" | "onNodes">,
		Omit<FollowingOptions, "catchUpPlatform" | "onFollowed"> {
	readonly hosts: HostNames;
	readonly tokens: TokenRegistry;
	/** The functions of the apps that this node has used. */
	readonly running: () => Iterable<AppFunctions>;
	readonly clock: Clock;
	/** Requests between nodes. */
	readonly calls: NodeCalls;
}

export class Nodes {
	readonly presence: Presence;
	readonly calls: NodeCalls;
	readonly #options: NodesOptions;
	readonly #closing = new AbortController();
	readonly #following: Following;
	readonly #progress: ProgressWatch;
	readonly #takeover: Takeover;
	/** The catch-up that has not begun to read yet. */
	#waiting: Promise<void> | undefined;
	#reading: Promise<void> = Promise.resolve();
	#cancel = () => {};

	constructor(options: NodesOptions) {
		const { clock, log } = options;
		this.#options = options;
		this.calls = options.calls;
		this.#following = new Following({
			...options,
			catchUpPlatform: () => this.#catchUpPlatform(),
			onFollowed: (progress) => this.presence.report(progress),
		});
		this.#takeover = new Takeover({ ...options, monotonicMs: clock.monotonicMs });
		this.presence = new Presence({
			...options,
			onError: (error) => log.warn(describeError(error), "this node does not reach the store"),
			onServing: (mayServe) => this.#onServing(mayServe),
			onNodes: () => this.#progress.changed(),
		});
		this.#progress = new ProgressWatch(() => this.presence.list());
	}

	/** Shows this node, and begins to follow the others. @throws AppError if the store does not answer */
	async start(): Promise<void> {
		await this.presence.start();
		void this.#following.run(this.#closing.signal);
		this.#look();
	}

	/** Shows that this node is gone. */
	async close(): Promise<void> {
		this.#closing.abort();
		this.#cancel();
		await this.presence.close();
	}

	/**
	 * Applies everything that any node had acknowledged when this was called.
	 * @param app also what was acknowledged for this app
	 * @throws AppError `NODE_CUT_OFF` (exit 6), or that of the store
	 */
	async catchUp(app?: string): Promise<void> {
		if (!this.presence.isConnected) throw cutOff();
		const { apps } = this.#options;
		const known = app === undefined ? undefined : apps.find(app);
		// Both are read at the same time. What an app that was deleted meanwhile throws does not matter.
		const early = known?.catchUp().catch((error: unknown) => ({ error }));
		await this.#catchUpPlatform();
		const present = app === undefined ? undefined : apps.find(app);
		if (present !== known) return await present?.catchUp();
		const fault = await early;
		if (fault !== undefined) throw fault.error;
	}

	/**
	 * Waits until the nodes that are there have followed an app's events up to the present one.
	 * @param timeoutMs the time limit
	 */
	async *followed(wanted: Wanted, timeoutMs: number): AsyncGenerator<NodeProgress, void, void> {
		const own = this.#options.apps.find(wanted.app);
		if (own !== undefined) this.#following.follow(own);
		const over = new AbortController();
		const cancel = this.#options.clock.schedule(() => over.abort(), timeoutMs);
		try {
			yield* this.#progress.wait(wanted, over.signal);
		} finally {
			cancel();
		}
	}

	/** Calls that come before a catch-up begins to read share it. */
	#catchUpPlatform(): Promise<void> {
		if (this.#waiting !== undefined) return this.#waiting;
		const { apps, hosts, tokens } = this.#options;
		const catchUp = this.#reading.then(async () => {
			this.#waiting = undefined;
			await Promise.all([tokens.catchUp(), hosts.catchUp()]);
			await apps.catchUp();
		});
		this.#waiting = catchUp;
		this.#reading = catchUp.catch(() => undefined);
		return catchUp;
	}

	#look(): void {
		this.#cancel = this.#options.clock.schedule(() => {
			if (this.presence.isConnected && !this.presence.isStopping) {
				this.#following.retry();
				void this.#takeover.look();
			}
			this.#look();
		}, LOOK_MS);
	}

	#onServing(mayServe: boolean): void {
		const { apps, log, running } = this.#options;
		if (mayServe) {
			for (const app of apps.list()) this.#following.follow(app);
			return;
		}
		log.error({}, "this node has not reached the store for too long: it stops all functions");
		for (const functions of running()) functions.suspend();
	}
}
