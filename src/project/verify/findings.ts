/** Collects the faults that a check of the vault finds. The check continues after a fault. */
import { AppError } from "../../errors.ts";

/** One fault. */
export interface Finding {
	readonly code: string;
	/** Null if the fault concerns the whole vault. */
	readonly environment: string | null;
	/** The secret's name; null if the fault does not concern one record. */
	readonly name: string | null;
	/** 1-based line of the file; null if the item is not in the file. */
	readonly line: number | null;
	readonly message: string;
}

export class Findings {
	readonly list: Finding[] = [];
	readonly unchecked: string[] = [];

	/**
	 * Adds a fault. The same fault of a record that both this device's memory and the platform's log show is added
	 * once.
	 * @param fault an error, or the parts of one
	 */
	add(
		environment: string | null,
		name: string | null,
		fault: Pick<AppError, "code" | "message" | "line">,
	): void {
		const { code, message, line } = fault;
		const isTold = this.list.some(
			(told) => told.code === code && told.environment === environment && told.name === name,
		);
		if (name !== null && isTold) return;
		this.list.push({ code, environment, name, line: line ?? null, message });
	}

	/** Runs a check. @returns its result; undefined if it threw an AppError, which is added */
	attempt<T>(environment: string | null, name: string | null, check: () => T): T | undefined {
		try {
			return check();
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			this.add(environment, name, error);
			return undefined;
		}
	}

	/** Runs an asynchronous check, as `attempt` does. */
	async attemptAsync<T>(environment: string | null, check: () => Promise<T>): Promise<T | undefined> {
		try {
			return await check();
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			this.add(environment, null, error);
			return undefined;
		}
	}
}
