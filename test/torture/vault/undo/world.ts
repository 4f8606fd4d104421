/** One walk's world: a device with a repository, a teammate without one, and a platform. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { cryptoReady } from "../../../../src/crypto.ts";
import { AppError } from "../../../../src/errors.ts";
import type { Transport } from "../../../../src/http/request.ts";
import { fingerprint, type Identity, identityOf } from "../../../../src/identity/identity.ts";
import { bindingOf, platformOf, readConfig } from "../../../../src/project/files/config.ts";
import { initProject } from "../../../../src/project/init.ts";
import { addMember } from "../../../../src/project/members/members.ts";
import { setSecrets } from "../../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../../src/project/session/session.ts";
import type { SearchContext } from "../../../../src/project/undo/accept.ts";
import type { LinkedLog } from "../../../../src/project/verify/verify-platform-log.ts";
import { syncEnvironment } from "../../../../src/sync/changes/sync.ts";
import type { LinkTarget } from "../../../../src/sync/client/link-target.ts";
import { Remote } from "../../../../src/sync/client/platform-client.ts";
import { linkEnvironment } from "../../../../src/sync/link/link.ts";
import { readLogMarks } from "../../../../src/sync/log/platform-marks.ts";
import type { Random } from "../../random.ts";
import { APP, ORIGIN, SimulatedPlatform } from "../../sync/platform/platform.ts";
import { WalkRepository } from "./repository.ts";

await cryptoReady;

function identityNumber(number: number): Identity {
	const seed = new Uint8Array(32).fill(number % 256);
	seed[1] = Math.floor(number / 256);
	return identityOf(seed);
}

export class World implements AsyncDisposable {
	readonly repository: WalkRepository;
	readonly random: Random;
	readonly plant: string | undefined;
	readonly platform: SimulatedPlatform;
	/** A trace of the walk, for the report of a failure. Values appear as numbers. */
	readonly trace: string[] = [];
	/** `ENVIRONMENT NAME` of members that were removed here and not added again. */
	readonly removed = new Set<string>();
	/** Names of members for whom a command has reported that their removal is forgotten or left out. */
	readonly namedMembers = new Set<string>();
	identity = identityNumber(1);
	previous: Identity | undefined;
	#next = 10;

	private constructor(parts: Pick<World, "repository" | "random" | "plant" | "platform">) {
		this.repository = parts.repository;
		this.random = parts.random;
		this.plant = parts.plant;
		this.platform = parts.platform;
	}

	static async create(random: Random, plant: string | undefined): Promise<World> {
		const repository = await WalkRepository.create(random.chance(0.7));
		const platform = await SimulatedPlatform.open(join(repository.folder, "platform"), identityNumber(9));
		const world = new World({ repository, random, plant, platform });
		await initProject(world.context(), "alice");
		await addMember(world.context(), { ...identityNumber(2).publicKeys, name: "bob", role: "writer" });
		await world.set(["A", "B"]);
		repository.git("add", "-A");
		repository.git("commit", "-q", "-m", "init");
		return world;
	}

	number(): number {
		return this.#next++;
	}

	newIdentity(): Identity {
		return identityNumber(this.number());
	}

	context(environment = "production", identity = this.identity): SessionContext {
		return {
			root: this.repository.root,
			environment,
			identity,
			member: fingerprint(identity.publicKeys),
			stateFolder: join(this.repository.folder, "state"),
		};
	}

	async set(names: readonly string[], environment?: string): Promise<void> {
		const values = names.map((name): [string, string] => [name, `value number ${this.number()}`]);
		await setSecrets(this.context(environment), new Map(values));
	}

	#remote(): Remote {
		const carry: Transport = async (url, { method, headers, body }) => {
			const path = String(url).slice(ORIGIN.length);
			const text = typeof body === "string" ? body : undefined;
			const {
				status,
				headers: answered,
				bytes,
			} = await this.platform.handle({
				task: "walk",
				method,
				path,
				headers: new Headers(headers),
				body: text,
			});
			return new Response(status === 204 ? null : Buffer.from(bytes), { status, headers: answered });
		};
		return new Remote({ url: ORIGIN, token: this.platform.token, answerMs: 1_000, transport: carry });
	}

	/** The target of an environment; undefined if it is linked with none. */
	async target(environment: string, root = this.repository.root): Promise<LinkTarget | undefined> {
		const binding = platformOf(bindingOf(await readConfig(root), environment));
		return binding && { binding, remote: this.#remote() };
	}

	async link(): Promise<void> {
		const request = { app: APP, remote: this.#remote(), info: this.platform.core.info };
		await linkEnvironment(this.context(), request, {});
	}

	/** The places in which a command searches for records that the file lacks. */
	async searchContext(): Promise<SearchContext> {
		const logs = new Map<string, LinkedLog>();
		const { root, variables } = this.repository;
		for (const environment of Object.keys((await readConfig(root)).links)) {
			const target = await this.target(environment);
			if (!target) continue;
			const { binding } = target;
			const log = await readLogMarks(target, { vaultId: binding.vault, environment }).catch(
				(error: unknown) => {
					if (error instanceof AppError) return error;
					throw error;
				},
			);
			logs.set(environment, { binding, log });
		}
		return { git: { folder: root, variables }, logs };
	}

	/** The teammate takes the committed files, sets a value and syncs. */
	async teammate(): Promise<void> {
		const root = join(this.repository.folder, "teammate");
		mkdirSync(root, { recursive: true });
		const files = ["coffer.vault", "coffer.json"].map((name) => join(this.repository.root, name));
		if (!files.every((file) => existsSync(file))) return;
		for (const name of ["coffer.vault", "coffer.json"])
			if (!existsSync(join(root, name))) copyFileSync(join(this.repository.root, name), join(root, name));
		const identity = identityNumber(2);
		const stateFolder = join(this.repository.folder, "teammate-state");
		const member = fingerprint(identity.publicKeys);
		const context = { root, environment: "production", identity, member, stateFolder };
		const target = await this.target("production", root);
		if (!target) return;
		await syncEnvironment(context, target);
		await setSecrets(context, new Map([["T", `value number ${this.number()}`]]));
		await syncEnvironment(context, target);
	}

	note(line: string): void {
		this.trace.push(line);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.platform.close().catch(() => undefined);
		this.repository[Symbol.dispose]();
	}
}
