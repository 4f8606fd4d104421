/**
 * What functions were seen to read. A name that the code did not tell of becomes a reference of the function, which is
 * started again with it where there is such a secret. Each name is noted once per version, and many at once.
 */

import { Matcher } from "../../references/evidence/name-pattern.ts";
import type { Reference } from "../../references/evidence/reference.ts";
import { Granted } from "../../references/plan/granted.ts";
import { type Deployment, readsOf } from "../functions/function.ts";

/** Names of one version. Who reads more is not told apart from one who counts. */
const NAMES_MAX = 500;

export interface ObservationsPort {
	/** The function's present version. */
	present(name: string): Deployment | undefined;
	/** Whether there is a secret of that name. */
	isSecret(name: string): boolean;
	/** Notes names that a version was seen to read, and the references that are new among them. */
	record(deployment: Deployment, seen: readonly string[], references: readonly Reference[]): Promise<void>;
	/** Starts the function again with the present secrets. */
	restart(name: string): Promise<unknown>;
	/** Writes a line into the function's log. */
	log(name: string, message: string): void;
	/** Told of what could not be noted. */
	onError(name: string, error: unknown): void;
}

/** What was seen of one version, by name: whether the process that read it had been given it. */
type Seen = Map<string, boolean>;

export class Observations {
	readonly #port: ObservationsPort;
	/** By deployment. What is noted already is not in it. */
	readonly #pending = new Map<string, { deployment: Deployment; seen: Seen }>();
	/** By function. One is done with before the next begins, and takes in all that came until then. */
	readonly #turns = new Map<string, Promise<void>>();
	readonly #waiting = new Set<string>();

	constructor(port: ObservationsPort) {
		this.#port = port;
	}

	/**
	 * A process of a version read a variable.
	 * @param wasGiven whether it was in its environment
	 */
	note(deployment: Deployment, variable: string, wasGiven: boolean): void {
		const { function: name, id } = deployment;
		const known = this.#pending.get(id) ?? { deployment, seen: new Map() };
		if (!known.seen.has(variable) && known.seen.size >= NAMES_MAX) return;
		known.seen.set(variable, wasGiven);
		this.#pending.set(id, known);
		if (this.#waiting.has(name)) return;
		this.#waiting.add(name);
		void this.flush(name);
	}

	/** The version with what its processes wanted and were not given, although there is such a secret; itself where that is nothing. */
	withMissedSecrets(deployment: Deployment): Deployment {
		const seen = this.#pending.get(deployment.id)?.seen ?? new Map<string, boolean>();
		const missed = [...seen].filter(([name, wasGiven]) => !wasGiven && this.#port.isSecret(name));
		const references = missed.map(([name]) => observedReference(name));
		const complete = { ...deployment, references: [...deployment.references, ...references] };
		const [before, after] = [new Granted(readsOf(deployment)), new Granted(readsOf(complete))];
		return missed.some(([name]) => after.has(name) && !before.has(name)) ? complete : deployment;
	}

	/** Notes what was seen of the function's present version. What was seen of one that is yet to become it is kept. */
	flush(name: string): Promise<void> {
		const turn = (this.#turns.get(name) ?? Promise.resolve()).then(() => this.#flush(name));
		this.#turns.set(name, turn);
		void turn.then(() => this.#turns.get(name) === turn && this.#turns.delete(name));
		return turn;
	}

	async #flush(name: string): Promise<void> {
		this.#waiting.delete(name);
		const present = this.#port.present(name);
		if (present === undefined) return;
		const seen = this.#pending.get(present.id)?.seen;
		// Versions are sorted by time: those before are not asked about again.
		for (const [id, { deployment }] of this.#pending)
			if (deployment.function === name && id <= present.id) this.#pending.delete(id);
		if (seen === undefined) return;
		try {
			await this.#settle(present, seen);
		} catch (error) {
			this.#port.onError(name, error);
		}
	}

	/** Forgets what was seen of a version that did not become the present one. */
	forget({ function: name, id }: Pick<Deployment, "function" | "id">): void {
		if (this.#port.present(name)?.id !== id) this.#pending.delete(id);
	}

	async #settle(present: Deployment, seen: Seen): Promise<void> {
		const before = new Set(present.seen);
		const room = Math.max(0, NAMES_MAX - before.size);
		const fresh = [...seen.keys()].filter((name) => !before.has(name)).slice(0, room);
		const told = new Matcher(present.references.map((reference) => reference.name));
		const references = fresh.filter((name) => told.exactness(name) === undefined).map(observedReference);
		if (fresh.length > 0) await this.#port.record(present, fresh, references);
		const missed = [...seen].filter(([name, wasGiven]) => !wasGiven && this.#port.isSecret(name));
		if (missed.length > 0)
			await this.#complete(
				present,
				missed.map(([name]) => name),
			);
	}

	/** Gives a function what it wanted and was not given, and says so in its log. */
	async #complete(before: Deployment, missed: readonly string[]): Promise<void> {
		const { function: name, id } = before;
		const present = this.#port.present(name);
		if (present?.id !== id) return;
		const granted = new Granted(readsOf(present));
		for (const secret of missed) {
			const what = granted.has(secret)
				? "which its code does not tell of: it is started again with it"
				: "which it is not given: its function.jsonc excludes it";
			this.#port.log(name, `Read the secret ${secret}, ${what}.`);
		}
		if (missed.some((secret) => granted.has(secret))) await this.#port.restart(name);
	}
}

/** A name that was seen: nobody knows where in the code. */
function observedReference(name: string): Reference {
	return { name, file: "", line: 0, how: "observed" };
}
