/** One of several nodes of a platform: shows itself to the others, follows what they do, and waits for them. */
import type { AppError } from "../../errors.ts";
import type { App } from "../apps/app.ts";
import type { HostNames } from "../apps/host-names.ts";
import { cutOff } from "../faults/cut-off.ts";
import { describeError } from "../faults/log.ts";
import type { Clock } from "../machine/clock.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";
import type { TokenRegistry } from "../tokens/tokens.ts";
import type { Progress } from "./announcement.ts";
import type { NodeCalls } from "./calls/calls.ts";
import { confirmed } from "./confirmed.ts";
import { Following, type FollowingOptions } from "./following.ts";
import { PlatformReader } from "./platform-reader.ts";
import { Presence, type PresenceOptions } from "./presence.ts";
import { type NodeProgress, ProgressWatch, type Wanted } from "./progress.ts";
import { Takeover } from "./takeover.ts";

/** How often a node looks for rollouts whose node has died. */
const LOOK_MS = 3_000;

export interface NodesOptions
	extends Omit<PresenceOptions, "onError" | "onServing" | "onRenewed" | "onNodes" | "fault">,
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
	readonly #platform: PlatformReader;
	readonly #listeners = new Set<() => void>();
	#isFollowing = false;
	/** Whether this node has read what it had missed when its time began. */
	#isCurrent = false;
	/** Whether it has to read what it missed while the store was another one. */
	#isBehind = false;
	#term = 0;
	/** The last attempt to read that. */
	#resuming: Promise<void> = Promise.resolve();
	#tellServesUntil = (_monotonicMs: number) => {};
	#cancel = () => {};

	constructor(options: NodesOptions) {
		const { clock, log } = options;
		this.#options = options;
		this.calls = options.calls;
		this.#following = new Following({
			...options,
			catchUpPlatform: () => this.#followPlatform(),
			onFollowed: (progress) => this.presence.report(progress),
		});
		this.#platform = new PlatformReader(options);
		this.#takeover = new Takeover({ ...options, monotonicMs: clock.monotonicMs });
		this.presence = new Presence({
			...options,
			fault: () => options.sealed.fault,
			onError: (error) => {
				if (error !== options.sealed.fault)
					log.warn(describeError(error), "this node does not reach the store");
			},
			onServing: (mayServe) => this.#onServing(mayServe),
			onRenewed: () => this.#onRenewed(),
			onNodes: () => this.#onNodes(),
		});
		options.sealed.onFault = (fault) => this.#onFault(fault);
		this.#progress = new ProgressWatch(() => this.presence.list());
	}

	/** How far this node has followed an app. Undefined: it has not yet. */
	progressOf(app: App): Progress | undefined {
		return this.#following.progressOf(app);
	}

	/**
	 * Calls a listener after each change of what the nodes show. It must not throw.
	 * @returns a function that ends this
	 */
	watch(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	#onNodes(): void {
		this.#progress.changed();
		for (const listener of [...this.#listeners]) listener();
	}

	/** Shows this node. @throws AppError if the store does not answer */
	async start(): Promise<void> {
		await this.presence.start();
		await this.#resuming;
	}

	/** Whether this node may give values to functions: its time is not over, and it has read what others had appended. */
	get mayServe(): boolean {
		return this.term !== undefined;
	}

	/** Another number after each time that ended. Undefined while this node may not serve. */
	get term(): number | undefined {
		return this.#isCurrent && this.presence.mayServe ? this.#term : undefined;
	}

	/**
	 * Begins to follow the others. Call it when functions that outlived the platform are taken over: before, they are not
	 * known, and this node would say that it has followed while they serve earlier values.
	 * @param tellServesUntil called whenever this node gets more time to serve functions, with its end by the monotonic clock
	 */
	follow(tellServesUntil: (monotonicMs: number) => void = () => {}): void {
		this.#isFollowing = true;
		this.#tellServesUntil = tellServesUntil;
		this.#onRenewed();
		this.#followAll();
		void this.#following.run(this.#closing.signal);
		this.#look();
	}

	#followAll(): void {
		if (!this.#isFollowing) return;
		for (const app of this.#options.apps.list()) this.#following.follow(app);
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
	 * @throws AppError `NODE_CUT_OFF` (exit 6), that of `SealedStore.check` (exit 7), or that of the store
	 */
	async catchUp(app?: string): Promise<void> {
		if (!this.presence.isConnected && this.#options.sealed.fault === undefined) throw cutOff();
		await confirmed(this.#options.sealed, () => this.#read(app));
	}

	async #read(app: string | undefined): Promise<void> {
		const { apps } = this.#options;
		const known = app === undefined ? undefined : apps.find(app);
		// Both are read at the same time. What an app that was deleted meanwhile throws does not matter.
		const early = known?.catchUp().catch((error: unknown) => ({ error }));
		await this.#platform.catchUp();
		const present = app === undefined ? undefined : apps.find(app);
		if (present !== known) return await present?.catchUp();
		const fault = await early;
		if (fault !== undefined) throw fault.error;
	}

	/**
	 * Waits until the nodes that are there have followed an app's events, or the platform's own stream, as applied here.
	 * @param timeoutMs the time limit
	 */
	async *followed(wanted: Wanted, timeoutMs: number): AsyncGenerator<NodeProgress, void, void> {
		const own = "app" in wanted ? this.#options.apps.find(wanted.app) : undefined;
		if (own !== undefined) this.#following.follow(own, true);
		const over = new AbortController();
		const cancel = this.#options.clock.schedule(() => over.abort(), timeoutMs);
		try {
			yield* this.#progress.wait(wanted, over.signal);
		} finally {
			cancel();
		}
	}

	/** Applies the stream `platform`, and reports that once the gateways route requests accordingly. */
	async #followPlatform(): Promise<void> {
		const revision = await this.#platform.catchUp();
		void this.#options.hosts.routed.then(() => this.presence.reportPlatform(revision));
	}

	#look(): void {
		this.#cancel = this.#options.clock.schedule(() => {
			if (this.presence.mayServe && (!this.#isCurrent || this.#isBehind)) void this.#resume();
			void this.#lookAgain();
			this.#look();
		}, LOOK_MS);
	}

	async #lookAgain(): Promise<void> {
		const { sealed } = this.#options;
		// Not every change of the store is told: the seal alone may have been replaced.
		await sealed.settle().catch(() => undefined);
		const { isConnected, isStopping } = this.presence;
		if (!isConnected || isStopping || sealed.fault !== undefined) return;
		this.#following.retry();
		void this.#takeover.look();
	}

	/** The store is another one than before, or the right one again. */
	#onFault(fault: AppError | undefined): void {
		const { log } = this.#options;
		if (fault === undefined) {
			log.info({}, "the store is the right one again");
			this.#isBehind = true;
			void this.presence.refresh();
			void this.#resume();
			return;
		}
		log.error(describeError(fault), "this node does not use the store any more");
		// A restore needs an empty prefix.
		if (fault.code === "STORE_EMPTIED") void this.presence.withdraw();
	}

	#onServing(mayServe: boolean): void {
		const { log, running } = this.#options;
		this.#isCurrent = false;
		this.#term++;
		this.#resuming = mayServe ? this.#resume() : Promise.resolve();
		if (mayServe) return;
		log.error({}, "this node has not reached the store for too long: it stops all functions");
		for (const functions of running()) functions.suspend();
	}

	/** Reads what this node has missed. Only then may it serve. What fails is tried again later. */
	async #resume(): Promise<void> {
		const untilMs = this.presence.servesUntilMs;
		try {
			await this.#platform.catchUp();
			for (const app of this.#options.apps.list()) if (!app.retired.aborted) await app.catchUp();
		} catch (error) {
			this.#options.log.warn(describeError(error), "this node has not read yet what it missed");
			return;
		}
		// If the time has ended meanwhile, the next one begins with a catch-up of its own.
		if (this.#options.clock.monotonicMs() >= untilMs) return;
		this.#isCurrent = true;
		this.#isBehind = false;
		this.#onRenewed();
		this.#followAll();
	}

	#onRenewed(): void {
		if (this.#isFollowing && this.#isCurrent) this.#tellServesUntil(this.presence.servesUntilMs);
	}
}
