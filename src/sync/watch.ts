/**
 * Keeps a linked project in sync: syncs after a change of the vault, and deploys after a change of sources. One task
 * runs at a time; changes in the meantime are handled next. Requests to an unreachable platform are retried at growing
 * intervals.
 */
import { setTimeout as delay } from "node:timers/promises";
import { AppError, EXIT } from "../errors.ts";
import { ProjectWatcher } from "../project/files/project-watcher.ts";
import type { SessionContext } from "../project/session/session.ts";
import type { WatchEvent, Work } from "./watching/events.ts";
import { WorkFailures } from "./watching/failures.ts";
import { type Connect, WatchedPlatform } from "./watching/watched-platform.ts";

/** The time without changes before a change is handled, in milliseconds. An editor's save causes several events. */
const SETTLE_MS = 150;
/** The interval of requests for changes of others while nothing changes here, in milliseconds. */
const POLL_MS = 15_000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;
const WORKS: readonly Work[] = ["sync", "deploy"];
/** What to do without `coffer watch`, as the end of a hint. */
const BY_HAND = "run `coffer sync` and `coffer functions deploy` by hand";

export type { WatchEvent };

export interface WatchOptions {
	readonly signal: AbortSignal;
	onEvent(event: WatchEvent): void;
}

/** The tasks that a change causes. */
export interface WatchedTarget {
	/** The target's URL, for the first event. */
	readonly url: string;
	/** @returns an error that describes the decision that a person has to make */
	sync(): Promise<AppError | undefined>;
	/**
	 * Called before each task. Undefined for targets whose tasks read the link themselves.
	 * @param wasRefused whether a task was refused the last time
	 * @returns whether it is another link, for which all tasks are due
	 */
	follow?(wasRefused: boolean): Promise<boolean>;
	/** Undefined for targets without functions. @returns milliseconds until the next check; undefined if none is needed */
	deploy?(): Promise<number | undefined>;
	/** Whether a change of this file may change what is deployed. @param path relative to the root, with `/` */
	matters?(path: string): boolean;
}

/** The pending tasks, and a promise that resolves when one is added. */
class TaskQueue {
	readonly due = new Set<Work>();
	#wake: () => void = () => {};

	add(work: Work): void {
		this.due.add(work);
		this.#wake();
	}

	/** Adds a task after some milliseconds, unless the signal aborts before. */
	addLater(work: Work, afterMs: number, signal: AbortSignal): void {
		void delay(afterMs, undefined, { signal }).then(
			() => this.add(work),
			() => undefined,
		);
	}

	/** Resolves when a task is due, after `afterMs`, or when the signal aborts. */
	async wait(afterMs: number, signal: AbortSignal): Promise<void> {
		if (this.due.size > 0 || signal.aborted) return;
		const timer = new AbortController();
		const woken = new Promise<void>((resolve) => {
			this.#wake = resolve;
		});
		const either = AbortSignal.any([timer.signal, signal]);
		await Promise.race([woken, delay(afterMs, undefined, { signal: either }).catch(() => undefined)]);
		timer.abort();
	}
}

/** Adds the tasks that changes of files cause, until the signal aborts. */
async function addChanges(
	watcher: ProjectWatcher,
	tasks: TaskQueue,
	{ onEvent, signal }: WatchOptions,
): Promise<void> {
	for (;;) {
		try {
			const changes = await watcher.next(signal);
			if (changes === undefined) return;
			if (changes.vault) tasks.add("sync");
			if (changes.files.size > 0) tasks.add("deploy");
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			const { code, hint, message } = error;
			onEvent({ event: "failed", code, message, hint });
		}
	}
}

class ProjectWatch {
	readonly #target: WatchedTarget;
	readonly #options: WatchOptions;
	readonly #failures = new WorkFailures();

	constructor(target: WatchedTarget, options: WatchOptions) {
		this.#target = target;
		this.#options = options;
	}

	/** What is due when nothing changes here: others may have changed something, or replaced the token. */
	get polled(): Work[] {
		return [...new Set<Work>(["sync", ...this.#failures.refused])];
	}

	/** @returns whether the environment has another link than before */
	async follow(): Promise<boolean> {
		return (await this.#target.follow?.(this.#failures.refused.length > 0)) ?? false;
	}

	/** @returns milliseconds until the task is due again; undefined if only a change makes it due */
	async do(work: Work): Promise<number | undefined> {
		let againMs: number | undefined;
		let left: AppError | undefined;
		if (work === "sync") left = await this.#target.sync();
		else againMs = await this.#target.deploy?.();
		if (left) this.report(work, left);
		else this.#emit(this.#failures.worked(work));
		return againMs;
	}

	/** Reports a failure once. @returns whether trying again later may help */
	report(work: Work, error: unknown): boolean {
		if (!(error instanceof AppError)) throw error;
		this.#emit(this.#failures.failed(work, error));
		return error.exit === EXIT.network;
	}

	#emit(event: WatchEvent | undefined): void {
		if (event !== undefined) this.#options.onEvent(event);
	}
}

/**
 * Watches until the signal aborts.
 * @param connect called at the beginning, when coffer.json has another link, and while the platform refuses the token
 * @throws AppError as `connect` at the beginning, and if no later change can help. Everything else is an event
 */
export async function watchProject(
	context: SessionContext,
	connect: Connect,
	options: WatchOptions,
): Promise<void> {
	const watched = await WatchedPlatform.connect(context, connect, (event) => options.onEvent(event));
	return watchTarget(context, watched, options);
}

/** Watches for any target, as `watchProject` does. */
export async function watchTarget(
	context: SessionContext,
	target: WatchedTarget,
	options: WatchOptions,
): Promise<void> {
	const { signal, onEvent } = options;
	const { environment, root } = context;
	const tasks = new TaskQueue();
	const matters = (path: string) => target.matters?.(path) ?? false;
	{
		using watcher = new ProjectWatcher({ root, settleMs: SETTLE_MS, alternative: BY_HAND, matters });
		onEvent({ event: "watching", root, environment, platform: target.url });
		for (const work of WORKS) tasks.add(work);
		const ended = new AbortController();
		const either = AbortSignal.any([signal, ended.signal]);
		const changes = addChanges(watcher, tasks, { onEvent, signal: either });
		try {
			await runDueTasks(new ProjectWatch(target, options), tasks, signal);
		} finally {
			ended.abort();
			await changes;
		}
	}
	onEvent({ event: "stopped" });
}

/** Runs due tasks one at a time, until the signal aborts. */
async function runDueTasks(project: ProjectWatch, tasks: TaskQueue, signal: AbortSignal): Promise<void> {
	let retryMs = RETRY_MS_MIN;
	while (!signal.aborted) {
		await tasks.wait(POLL_MS, signal);
		if (signal.aborted) break;
		const due = tasks.due.size > 0 ? [...tasks.due] : project.polled;
		tasks.due.clear();
		for (const work of due) {
			try {
				if (await project.follow()) for (const each of WORKS) tasks.add(each);
				const againMs = await project.do(work);
				if (againMs !== undefined) tasks.addLater(work, againMs, signal);
				retryMs = RETRY_MS_MIN;
			} catch (error) {
				if (signal.aborted) break;
				if (!project.report(work, error)) continue;
				await delay(retryMs, undefined, { signal }).catch(() => undefined);
				retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
				tasks.add(work);
			}
		}
	}
}
