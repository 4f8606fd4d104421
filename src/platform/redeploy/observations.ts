/**
 * Records which variables functions read at run time. If the analysis of the code did not find a name, the name becomes
 * a reference of the function. If there is a secret of this name, the function is started again with it. Each name is
 * recorded once for each version. Several names are recorded together.
 */

import { Matcher } from "../../references/evidence/name-pattern.ts";
import type { Reference } from "../../references/evidence/reference.ts";
import { Granted } from "../../references/plan/granted.ts";
import { type Deployment, readsOf } from "../functions/function.ts";

/** The maximum number of names of a version. A function may read names in a loop, for example `KEY_1`, `KEY_2`, … */
const NAMES_MAX = 500;

export interface ObservationsPort {
	/** The current version of a function. */
	present(name: string): Deployment | undefined;
	/** Whether there is a secret of this name. */
	isSecret(name: string): boolean;
	/** Records names that a version read, and the new references among them. */
	record(deployment: Deployment, seen: readonly string[], references: readonly Reference[]): Promise<void>;
	/** Starts the function again with the current secrets. */
	restart(name: string): Promise<unknown>;
	/**
	 * Called as soon as a process of the current version has read a secret that it did not get, and that its replacement
	 * gets.
	 * @param replaced settles when the function has been started again, or the start has failed
	 */
	onMissed(present: Deployment, replaced: Promise<void>): void;
	/** Writes a line into the function's log. */
	log(name: string, message: string): void;
	/** Called if names could not be recorded. */
	onError(name: string, error: unknown): void;
}

/** The names that a version read → whether the process that read a name had it in its environment. */
type Seen = Map<string, boolean>;

export class Observations {
	readonly #port: ObservationsPort;
	/** The names that are not recorded yet, by deployment. */
	readonly #pending = new Map<string, { deployment: Deployment; seen: Seen }>();
	/** The last write of each function. Writes of a function run one after the other, and each takes all pending names. */
	readonly #writes = new Map<string, Promise<void>>();
	readonly #waiting = new Set<string>();

	constructor(port: ObservationsPort) {
		this.#port = port;
	}

	/**
	 * Notes that a process of a version read a variable.
	 * @param wasGiven whether the variable was in the process's environment
	 */
	note(deployment: Deployment, variable: string, wasGiven: boolean): void {
		const { function: name, id } = deployment;
		const known = this.#pending.get(id) ?? { deployment, seen: new Map() };
		if (!known.seen.has(variable) && known.seen.size >= NAMES_MAX) return;
		known.seen.set(variable, wasGiven);
		this.#pending.set(id, known);
		const write = this.#waiting.has(name) ? this.#writes.get(name) : undefined;
		this.#waiting.add(name);
		if (write === undefined) void this.flush(name);
		else if (!wasGiven) this.#reportMissed(deployment, [variable], write);
	}

	/**
	 * The version with additional references to the secrets among the names. The same object if this adds no secret.
	 * @param names variables that a process of the version read and did not have
	 */
	withMissedSecrets(deployment: Deployment, names: Iterable<string>): Deployment {
		const before = new Granted(readsOf(deployment));
		const references = this.#granted(deployment, names).filter(({ name }) => !before.has(name));
		if (references.length === 0) return deployment;
		return { ...deployment, references: [...deployment.references, ...references] };
	}

	/** References to the secrets among the names that the version may get once it references them. */
	#granted(deployment: Deployment, names: Iterable<string>): Reference[] {
		const references = [...names].filter((name) => this.#port.isSecret(name)).map(observedReference);
		if (references.length === 0) return references;
		const all = [...deployment.references, ...references];
		const granted = new Granted(readsOf({ ...deployment, references: all }));
		return references.filter(({ name }) => granted.has(name));
	}

	/** Reports that a process of the current version lacks one of the names, if it is a secret that the function may get. */
	#reportMissed({ function: name, id }: Deployment, names: readonly string[], replaced: Promise<void>): void {
		const present = this.#port.present(name);
		if (present?.id === id && this.#granted(present, names).length > 0)
			this.#port.onMissed(present, replaced);
	}

	/** Records the pending names of the function's current version. Names of a version that is being deployed stay pending. */
	flush(name: string): Promise<void> {
		const write = (this.#writes.get(name) ?? Promise.resolve()).then(() => this.#flush(name));
		this.#writes.set(name, write);
		void write.then(() => this.#writes.get(name) === write && this.#writes.delete(name));
		const present = this.#port.present(name);
		const { deployment, seen = [] } = this.#pending.get(present?.id ?? "") ?? {};
		const missed = [...seen].filter(([, wasGiven]) => !wasGiven).map(([variable]) => variable);
		if (deployment !== undefined) this.#reportMissed(deployment, missed, write);
		return write;
	}

	async #flush(name: string): Promise<void> {
		this.#waiting.delete(name);
		const present = this.#port.present(name);
		if (present === undefined) return;
		const seen = this.#pending.get(present.id)?.seen;
		// The ids of deployments are in the order of time. An earlier version never becomes the current one again.
		for (const [id, { deployment }] of this.#pending)
			if (deployment.function === name && id <= present.id) this.#pending.delete(id);
		if (seen === undefined) return;
		try {
			await this.#record(present, seen);
		} catch (error) {
			this.#port.onError(name, error);
		}
	}

	/** Discards the pending names of a version that did not become the current one. */
	forget({ function: name, id }: Pick<Deployment, "function" | "id">): void {
		if (this.#port.present(name)?.id !== id) this.#pending.delete(id);
	}

	async #record(present: Deployment, seen: Seen): Promise<void> {
		const recorded = new Set(present.seen);
		const room = Math.max(0, NAMES_MAX - recorded.size);
		const newNames = [...seen.keys()].filter((name) => !recorded.has(name)).slice(0, room);
		const referenced = new Matcher(present.references.map((reference) => reference.name));
		const references = newNames
			.filter((name) => referenced.exactness(name) === undefined)
			.map(observedReference);
		if (newNames.length > 0) await this.#port.record(present, newNames, references);
		const missed = [...seen].filter(([name, wasGiven]) => !wasGiven && this.#port.isSecret(name));
		if (missed.length > 0)
			await this.#restartWith(
				present,
				missed.map(([name]) => name),
			);
	}

	/** Restarts a function with the secrets that it read but did not get, and reports this in its log. */
	async #restartWith({ function: name, id }: Deployment, missed: readonly string[]): Promise<void> {
		const present = this.#port.present(name);
		if (present?.id !== id) return;
		const granted = new Granted(readsOf(present));
		for (const secret of missed) {
			const message = granted.has(secret)
				? startedAgainMessage(secret)
				: `The function read the secret ${secret}, but its function.jsonc excludes this secret. The function does not get it.`;
			this.#port.log(name, message);
		}
		if (missed.some((secret) => granted.has(secret))) await this.#port.restart(name);
	}
}

/** The message for the log of a function that read a secret and did not have it. */
export function startedAgainMessage(secret: string): string {
	return `The function read the secret ${secret}, which the analysis of its code did not find. It is started again with this secret.`;
}

/** A reference to an observed name. Its position in the code is unknown. */
function observedReference(name: string): Reference {
	return { name, file: "", line: 0, how: "observed" };
}
