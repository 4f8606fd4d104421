/**
 * What a check of the vault finds: it goes on after a fault, so faults are collected.
 */
import { AppError } from "../../errors.ts";

/** One thing that does not hold. */
export interface Finding {
	readonly code: string;
	/** Null where the fault is the whole vault's. */
	readonly environment: string | null;
	/** The secret's name; null where the fault is not one record's. */
	readonly name: string | null;
	/** 1-based line of the file; null where the thing is not in it. */
	readonly line: number | null;
	readonly message: string;
}

/** Collects what a check finds instead of stopping at it. */
export class Findings {
	readonly list: Finding[] = [];
	readonly unchecked: string[] = [];

	/**
	 * Adds a fault. What is wrong with a record in the same way by two witnesses (this device, the platform's log) is told once.
	 * @param fault an error, or what one would say
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

	/** The result of a check, or undefined where it failed by a typed error. */
	attempt<T>(environment: string | null, name: string | null, check: () => T): T | undefined {
		try {
			return check();
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			this.add(environment, name, error);
			return undefined;
		}
	}

	/** The same for what takes its time. */
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
