import { AppError } from "../../src/errors.ts";
import { type Acceptance, acceptChange } from "../../src/platform/apps/accept-change.ts";
import { AppFold } from "../../src/platform/apps/state/app-state.ts";
import type { Change, Head } from "../../src/protocol/change.ts";
import { newTestIdentity, TestVault } from "./vault-fixture.ts";

export const APP = "shop";

/** An app with an empty log, and the function that accepts its changes. */
export function setup() {
	const platform = newTestIdentity();
	const vault = new TestVault().add(platform, "reader", "platform");
	const fold = new AppFold(vault.context(APP));
	const accept = (change: Change): Acceptance => acceptChange(fold, change, platform);
	/** Appends a change that must be accepted. */
	const append = (change: Change): Head => {
		const decision = accept(change);
		if (!("entry" in decision)) throw new Error(`Not accepted: ${JSON.stringify(decision)}`);
		fold.applyAccepted(decision.entry, decision.header, decision.records);
		return fold.head;
	};
	const first = () =>
		append(vault.change(APP, fold.head, [vault.record("A", 1, "a1")], { header: vault.header }));
	return { platform, vault, fold, accept, append, first };
}

/** The code of the error, or `accepted`. */
export function codeOf(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		if (error instanceof AppError) return error.code;
		throw error;
	}
	return "accepted";
}
