/** GitHub's API, as far as it is about the secrets of a repository or of an environment. */
import { createHash } from "node:crypto";
import { boxKeyPair, type KeyPair, openFrom } from "../../../../src/crypto.ts";
import type { RecordedRequest } from "./recorded.ts";
import { type Outcome, TargetServer } from "./server.ts";

const NOT_FOUND: Outcome = { status: 404, value: { message: "Not Found" } };
const PAGE = 100;

interface Upload {
	readonly encrypted_value: { readonly sealed: string };
	readonly key_id: string;
}

export class GitHubServer extends TargetServer {
	readonly app: string;
	/** Counts the changes of the public key. */
	generation = 0;

	constructor(app = "acme/shop") {
		super("github");
		this.app = app;
	}

	protected unauthorised(): Outcome {
		return { status: 401, value: { message: "Bad credentials" } };
	}

	protected namesOf({ method, path }: RecordedRequest): string[] {
		return method === "GET" ? [] : [path.split("/").at(-1) ?? ""];
	}

	protected override opened(body: unknown): Upload {
		const { encrypted_value: text, key_id } = body as { encrypted_value: string; key_id: string };
		const opened = openFrom(new Uint8Array(Buffer.from(text, "base64")), this.#keys);
		const sealed = opened === undefined ? "for another key" : Buffer.from(opened).toString("utf8");
		return { encrypted_value: { sealed }, key_id };
	}

	protected answer({ body, method, path, query }: RecordedRequest): Outcome {
		const [repository, environment] = this.app.split(":");
		const part = environment === undefined ? "actions" : `environments/${environment}`;
		const prefix = `/api/v3/repos/${repository}/${part}/secrets`;
		if (!path.startsWith(prefix)) return NOT_FOUND;
		if (path === prefix) return this.#page(Number(query["page"] ?? 1));
		if (path === `${prefix}/public-key`) return { status: 200, value: this.#publicKey() };
		const name = path.slice(prefix.length + 1).toUpperCase();
		if (method === "DELETE") return this.secrets.delete(name) ? { status: 204 } : NOT_FOUND;
		const { encrypted_value, key_id } = body as Upload;
		if (key_id !== this.#publicKey().key_id)
			return { status: 422, value: { message: "Invalid request. The key_id is not the present one." } };
		const isNew = !this.secrets.has(name);
		this.secrets.set(name, encrypted_value.sealed);
		return isNew ? { status: 201, value: {} } : { status: 204 };
	}

	get #keys(): KeyPair {
		return boxKeyPair(createHash("sha256").update(`key ${this.generation}`).digest());
	}

	#publicKey(): { key_id: string; key: string } {
		return { key_id: `key-${this.generation}`, key: Buffer.from(this.#keys.publicKey).toString("base64") };
	}

	#page(page: number): Outcome {
		const names = [...this.secrets.keys()].sort();
		const secrets = names.slice((page - 1) * PAGE, page * PAGE).map((name) => ({ name }));
		// A client that follows this address would send the token to another server.
		const link = `<https://evil.example.com/?page=${page + 1}>; rel="next"`;
		return { status: 200, value: { total_count: names.length, secrets }, headers: { link } };
	}
}
