/**
 * What both versions of control groups share: below the group of all functions one group for each app, below that one
 * for each process. So an app's share is the same however many processes it has, and each of its processes has the same
 * part of that.
 *
 *     <root>/spare/<pid>-<n>       a process that is no app's yet
 *     <root>/app-<app>/<pid>-<n>
 */
import { join } from "node:path";
import { Mutex } from "../machine/mutex.ts";
import { makeGroup, moveAll, moveProcess, removeGroup, type Settings } from "./cgroup-files.ts";
import type { LimitedProcess, Limits, LimitsOptions, ProcessOwner, Resource } from "./limits.ts";
import { lowerPriority } from "./priority.ts";

/** One hierarchy: version 2 has one in all, version 1 one for each controller. */
export interface GroupTree {
	/** The group of all functions, which is there. */
	readonly root: string;
	/** What a new group of an app is set to. */
	readonly ofApp: Settings;
	/** What a new group of a process is set to. */
	readonly ofProcess: Settings;
	/** What the group of a process is set to once its memory is known. */
	readonly ofMemory?: (memoryMiB: number) => Settings;
}

export interface ProcessGroupsOptions extends Pick<LimitsOptions, "onFailure"> {
	readonly driver: Limits["driver"];
	readonly bounded: ReadonlySet<Resource>;
	readonly trees: readonly GroupTree[];
	/** Says why the kernel ended a process of this group, where it did, before the group is removed. */
	readonly exceeded?: (folder: string) => Promise<string | undefined>;
	/** Undoes what was done beside the trees. */
	readonly restore?: () => Promise<void>;
}

const SPARE = "spare";
const groupOf = (app: string) => `app-${encodeURIComponent(app).replaceAll(".", "%2E")}`;

export class ProcessGroups implements Limits {
	readonly #options: ProcessGroupsOptions;
	/** How many processes have a group below each of those of apps. */
	readonly #counts = new Map<string, number>();
	readonly #mutex = new Mutex();
	#next = 1;

	constructor(options: ProcessGroupsOptions) {
		this.#options = options;
	}

	get driver(): Limits["driver"] {
		return this.#options.driver;
	}

	get bounded(): ReadonlySet<Resource> {
		return this.#options.bounded;
	}

	add(pid: number, app: string | undefined): LimitedProcess {
		const group = app === undefined ? SPARE : groupOf(app);
		return new GroupedProcess(this, this.#options, { pid, group, name: `${pid}-${this.#next++}` });
	}

	async close(): Promise<void> {
		const { onFailure, restore, trees } = this.#options;
		for (const { root } of trees) await removeGroup(root).catch(onFailure);
		await restore?.().catch(onFailure);
	}

	/** Makes the group of an app, where it is not there, for one more process. */
	acquireAppGroup(group: string): Promise<void> {
		return this.#mutex.run(async () => {
			const count = this.#counts.get(group) ?? 0;
			for (const { ofApp, root } of count === 0 ? this.#options.trees : [])
				await makeGroup(join(root, group), ofApp);
			this.#counts.set(group, count + 1);
		});
	}

	/** Removes it after its last process. */
	releaseAppGroup(group: string): Promise<void> {
		return this.#mutex.run(async () => {
			const count = (this.#counts.get(group) ?? 0) - 1;
			if (count > 0) return void this.#counts.set(group, count);
			this.#counts.delete(group);
			for (const { root } of this.#options.trees) await removeGroup(join(root, group));
		});
	}
}

class GroupedProcess implements LimitedProcess {
	readonly applied: Promise<void>;
	readonly #groups: ProcessGroups;
	readonly #options: ProcessGroupsOptions;
	readonly #pid: number;
	readonly #name: string;
	/** The groups of apps in which it has one: two for a moment, when it becomes an app's. */
	readonly #groupNames: string[] = [];
	#owner: ProcessOwner | undefined;
	#hasEnded = false;
	/** What is done to it, one after the other. */
	#queue: Promise<void>;

	constructor(groups: ProcessGroups, options: ProcessGroupsOptions, { pid, group, name }: ProcessGroup) {
		this.#groups = groups;
		this.#options = options;
		this.#pid = pid;
		this.#name = name;
		this.#queue = this.#attempt(() => this.#moveTo(group));
		this.applied = this.#queue;
	}

	assign(owner: ProcessOwner): void {
		this.#owner = owner;
		const group = groupOf(owner.app);
		this.#enqueue(async () => {
			if (!this.#groupNames.includes(group)) await this.#moveTo(group);
			for (const { ofMemory, root } of this.#options.trees) {
				const settings = ofMemory?.(owner.memoryMiB);
				if (settings !== undefined) await makeGroup(join(root, group, this.#name), settings);
			}
			for (const earlier of this.#groupNames.filter((each) => each !== group)) {
				// A process that is still on its way into its network has children, which must not be ended.
				for (const { root } of this.#options.trees)
					await moveAll(join(root, earlier, this.#name), join(root, group, this.#name));
				await this.#remove(earlier);
			}
		});
	}

	startedServing(): void {
		if (!this.#options.bounded.has("processor")) lowerPriority(this.#pid);
	}

	async remove(): Promise<void> {
		this.#hasEnded = true;
		this.#enqueue(async () => {
			for (const group of [...this.#groupNames].reverse()) await this.#remove(group);
		});
		await this.#queue;
	}

	#enqueue(task: () => Promise<void>): void {
		this.#queue = this.#queue.then(() => this.#attempt(task));
	}

	async #attempt(task: () => Promise<void>): Promise<void> {
		if (this.#pid <= 0) return;
		try {
			await task();
		} catch (error) {
			// After its end another process may have its number.
			if (!this.#hasEnded) lowerPriority(this.#pid);
			this.#options.onFailure(error);
		}
	}

	async #moveTo(group: string): Promise<void> {
		await this.#groups.acquireAppGroup(group);
		this.#groupNames.push(group);
		for (const { ofProcess, root } of this.#options.trees) {
			const folder = join(root, group, this.#name);
			await makeGroup(folder, ofProcess);
			await moveProcess(folder, this.#pid);
		}
	}

	async #remove(group: string): Promise<void> {
		for (const { root } of this.#options.trees) {
			const folder = join(root, group, this.#name);
			const why = await this.#options.exceeded?.(folder);
			if (why !== undefined) this.#owner?.onExceeded(why);
			await removeGroup(folder);
		}
		this.#groupNames.splice(this.#groupNames.indexOf(group), 1);
		await this.#groups.releaseAppGroup(group);
	}
}

interface ProcessGroup {
	readonly pid: number;
	readonly group: string;
	readonly name: string;
}
