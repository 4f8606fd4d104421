/**
 * The groups that both versions of control groups use. The group of all functions contains a group for each app, and
 * that contains a group for each process. An app's share does not depend on the number of its processes, and each of
 * its processes has an equal part of the share.
 *
 *     <root>/spare/<pid>-<n>       a process without an app
 *     <root>/app-<app>/<pid>-<n>   a process of an app
 */
import { join } from "node:path";
import { Mutex } from "../machine/mutex.ts";
import { makeGroup, moveAll, moveProcess, removeGroup, type Settings } from "./cgroup-files.ts";
import type { LimitedProcess, Limits, LimitsOptions, ProcessOwner, Resource } from "./limits.ts";
import { lowerPriority } from "./priority.ts";

/** The groups in a hierarchy. Version 2 has one hierarchy, version 1 has one for each controller. */
export interface GroupTree {
	/** The folder of the group of all functions, which exists. */
	readonly root: string;
	/** The settings of a new group of an app. */
	readonly ofApp: Settings;
	/** The settings of a new group of a process. */
	readonly ofProcess: Settings;
	/** Further settings of the group of processes without an app. */
	readonly ofSpare?: Settings;
	/** The settings of a process's group before the process serves requests, and from then on. */
	readonly whileStarting?: Settings;
	readonly whileServing?: Settings;
	/** The settings of a process's group once the limit of its memory is known. */
	readonly ofMemory?: (memoryMiB: number) => Settings;
}

export interface ProcessGroupsOptions extends Pick<LimitsOptions, "onFailure"> {
	readonly driver: Limits["driver"];
	readonly bounded: ReadonlySet<Resource>;
	readonly trees: readonly GroupTree[];
	/** Returns the reason why the kernel ended a process of a group, if it did. Called before the group is removed. */
	readonly exceeded?: (folder: string) => Promise<string | undefined>;
	/** Undoes changes outside of the trees. */
	readonly restore?: () => Promise<void>;
}

const SPARE = "spare";
const groupOf = (app: string) => `app-${encodeURIComponent(app).replaceAll(".", "%2E")}`;

export class ProcessGroups implements Limits {
	readonly #options: ProcessGroupsOptions;
	/** Group of an app → number of processes with a group in it. */
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

	/** Counts a process of an app. Creates the app's group for its first process. */
	acquireAppGroup(group: string): Promise<void> {
		return this.#mutex.run(async () => {
			const count = this.#counts.get(group) ?? 0;
			for (const { ofApp, ofSpare, root } of count === 0 ? this.#options.trees : [])
				await makeGroup(join(root, group), group === SPARE ? { ...ofApp, ...ofSpare } : ofApp);
			this.#counts.set(group, count + 1);
		});
	}

	/** Counts the end of a process of an app. Removes the app's group after its last process. */
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
	/** The groups of apps that contain a group of this process. There are two for a moment while it is assigned to an app. */
	readonly #groupNames: string[] = [];
	#owner: ProcessOwner | undefined;
	#hasEnded = false;
	/** Runs the tasks of this process one after the other. */
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
				// While the process enters its network namespace, it has child processes, which must move with it and not be
				// killed.
				for (const { root } of this.#options.trees)
					await moveAll(join(root, earlier, this.#name), join(root, group, this.#name));
				await this.#remove(earlier);
			}
		});
	}

	startedServing(): void {
		if (!this.#options.bounded.has("processor")) lowerPriority(this.#pid);
		this.#enqueue(async () => {
			const group = this.#groupNames.at(-1);
			if (group === undefined) return;
			for (const { root, whileServing } of this.#options.trees)
				if (whileServing !== undefined) await makeGroup(join(root, group, this.#name), whileServing);
		});
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
			// After the end of the process, another one may have its id.
			if (!this.#hasEnded) lowerPriority(this.#pid);
			this.#options.onFailure(error);
		}
	}

	async #moveTo(group: string): Promise<void> {
		await this.#groups.acquireAppGroup(group);
		this.#groupNames.push(group);
		for (const { ofProcess, root, whileStarting } of this.#options.trees) {
			const folder = join(root, group, this.#name);
			await makeGroup(folder, { ...ofProcess, ...whileStarting });
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
