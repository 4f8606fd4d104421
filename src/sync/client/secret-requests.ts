/** The requests to a platform that are about requests for secrets, and about values that a browser filled in. */

import { ROUTES } from "../../protocol/routes.ts";
import {
	type FilledValue,
	filledValueSchema,
	type SecretRequestList,
	secretRequestListSchema,
} from "../../protocol/secret-requests/messages.ts";
import type { Connection } from "./connection.ts";

export class SecretRequestRoutes {
	readonly #connection: Connection;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	/** @param entries texts of files in `coffer.requests` @returns the open requests that the platform knows */
	send(app: string, entries: readonly string[]): Promise<SecretRequestList> {
		const request = { parameters: { app }, json: { entries } };
		return this.#connection.json(
			ROUTES.sendSecretRequests,
			request,
			secretRequestListSchema,
			"The list of requests",
		);
	}

	/** The open requests that the platform knows. */
	list(app: string): Promise<SecretRequestList> {
		const request = { parameters: { app } };
		return this.#connection.json(
			ROUTES.listSecretRequests,
			request,
			secretRequestListSchema,
			"The list of requests",
		);
	}

	/** The encrypted value that waits for a request. @throws AppError `REQUEST_NOT_FOUND` (exit 4) */
	filledValue(app: string, id: string): Promise<FilledValue> {
		const request = { parameters: { app, id } };
		return this.#connection.json(ROUTES.readFilledValue, request, filledValueSchema, "The encrypted value");
	}

	/** Removes a value that waits. */
	async discard(app: string, id: string): Promise<void> {
		await this.#connection.done(ROUTES.discardFilledValue, { parameters: { app, id } });
	}
}
