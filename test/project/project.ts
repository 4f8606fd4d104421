/** Projects in temporary folders, each with its own identity and state folder. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../../src/crypto.ts";
import { fingerprint, type Identity, identityOf } from "../../src/identity/identity.ts";
import { initProject } from "../../src/project/init.ts";
import {
	deleteSecrets,
	type EditOutcome,
	readSession,
	setSecrets,
} from "../../src/project/secrets/edit-secrets.ts";
import { listSecrets } from "../../src/project/secrets/read-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";

await cryptoReady;

export interface Listing {
	readonly secrets: Record<string, number>;
	readonly warnings: readonly string[];
}

/** The context of a project for the identity whose seed is this byte, 32 times. */
export function contextOf(root: string, stateFolder: string, seed = 1): SessionContext {
	const identity: Identity = identityOf(new Uint8Array(32).fill(seed));
	const member = fingerprint(identity.publicKeys);
	return { root, environment: "production", identity, member, stateFolder };
}

export class TestProject implements Disposable {
	readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer-project-")));
	readonly context: SessionContext;

	private constructor(seed: number) {
		this.context = contextOf(join(this.folder, "project"), join(this.folder, "state"), seed);
	}

	/** A project with an empty vault. */
	static async create(seed = 1): Promise<TestProject> {
		const project = new TestProject(seed);
		await mkdir(project.context.root);
		await initProject(project.context, "alice");
		return project;
	}

	get root(): string {
		return this.context.root;
	}

	get path(): string {
		return join(this.root, "coffer.vault");
	}

	read(): Promise<string> {
		return readFile(this.path, "utf8");
	}

	write(content: string | Uint8Array): Promise<void> {
		return writeFile(this.path, content);
	}

	set(secrets: Record<string, string>): Promise<EditOutcome> {
		return setSecrets(this.context, new Map(Object.entries(secrets)));
	}

	delete(...names: string[]): Promise<EditOutcome> {
		return deleteSecrets(this.context, names);
	}

	/** Like `secrets list`: names with their versions, and the warnings. */
	async list(context = this.context): Promise<Listing> {
		const { session, remember } = await readSession(context);
		const listed = await listSecrets(session);
		const secrets = Object.fromEntries(listed.map(({ name, version }) => [name, version]));
		await remember();
		return { secrets, warnings: session.warnings };
	}

	[Symbol.dispose](): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
