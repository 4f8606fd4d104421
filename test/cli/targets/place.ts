/** A test server (a *place*) that receives secrets, and a project that is linked with it. */
import { expect } from "vitest";
import Init from "../../../src/commands/init.ts";
import SecretsSet from "../../../src/commands/secrets/set.ts";
import { cryptoReady } from "../../../src/crypto.ts";
import type { TargetId } from "../../../src/project/memory/target-memory.ts";
import type { TargetKind } from "../../../src/targets/target.ts";
import { type CommandClass, CommandLine } from "./command-line.ts";

/** A destination for secrets in a test. */
export interface TargetFixture extends AsyncDisposable {
	readonly kind: TargetKind;
	readonly id: TargetId;
	/** Its credential; undefined if it needs none. */
	readonly credential: string | undefined;
	/** A name of an unusual form that it stores; `__proto__` if left out. */
	readonly oddName?: string;
	/** The id of another place of its kind; `moved` if left out. */
	readonly otherApp?: string;
	/** The command that links it. */
	readonly link: readonly [CommandClass, ...string[]];
	/** Its present values. */
	secrets(): ReadonlyMap<string, string>;
	/** Sets or deletes a value without Coffer, as another person would. */
	put(name: string, value: string | undefined): void;
	/** Makes every request fail, as if the network were down. */
	goAway(): Promise<void>;
}

export const VALUE = "correct-horse-9137";

/** A project with two secrets, and a place. @param isLinked whether the project is linked with it already */
export async function setUp(open: () => Promise<TargetFixture>, isLinked: boolean) {
	await cryptoReady;
	const place = await open();
	const { credential } = place.kind;
	const line = new CommandLine(credential ? { [credential.variable]: place.credential } : {});
	await line.run(Init);
	await line.run(SecretsSet, `API_KEY=${VALUE}`, "MODE=test", "--no-sync");
	const [Link, ...argv] = place.link;
	const link = (...more: string[]) => line.json(Link, ...argv, ...more);
	if (isLinked) expect((await link()).error).toBeUndefined();
	return {
		place,
		line,
		link,
		async [Symbol.asyncDispose]() {
			// Neither a result nor an error contains a value or the credential.
			expect(line.written).not.toContain(VALUE);
			if (place.credential !== undefined) expect(line.written).not.toContain(place.credential);
			line[Symbol.dispose]();
			await place[Symbol.asyncDispose]();
		},
	};
}
