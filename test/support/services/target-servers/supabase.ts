/** Supabase's Management API, as far as it is about secrets. Its OpenAPI description gives the statuses and limits. */
import { createHash } from "node:crypto";
import type { RecordedRequest } from "./recorded.ts";
import { type Outcome, TargetServer } from "./server.ts";

interface Pair {
	readonly name: string;
	readonly value: string;
}

export class SupabaseServer extends TargetServer {
	readonly app = "abcdefghijklmnopqrst";

	constructor() {
		super("supabase");
	}

	protected unauthorised(): Outcome {
		return { status: 401, value: { message: "Unauthorized" } };
	}

	protected namesOf({ body, method }: RecordedRequest): string[] {
		if (body === undefined) return [];
		return method === "POST" ? (body as Pair[]).map(({ name }) => name) : (body as string[]);
	}

	protected answer({ body, method, path }: RecordedRequest): Outcome {
		if (path !== `/v1/projects/${this.app}/secrets`)
			return { status: 404, value: { message: "Project not found" } };
		if (method === "GET") return { status: 200, value: this.#digests() };
		if (method === "DELETE") {
			for (const name of body as string[]) this.secrets.delete(name);
			return { status: 200 };
		}
		const pairs = body as Pair[];
		const bad = pairs.find(({ name, value }) => /^SUPABASE_/.test(name) || value.length > 24_576);
		if (bad) return { status: 400, value: { message: `Invalid secret: ${bad.name}` } };
		for (const { name, value } of pairs) this.secrets.set(name, value);
		return { status: 201 };
	}

	/** It lists a digest of each value, and the names that Supabase itself sets. */
	#digests(): Pair[] {
		return [...this.secrets, ["SUPABASE_URL", "https://project.example.com"] as const].map(
			([name, value]) => ({ name, value: createHash("sha256").update(value).digest("hex") }),
		);
	}
}
