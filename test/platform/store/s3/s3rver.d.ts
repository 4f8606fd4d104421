/** The parts of `s3rver` that tests use. The package has no types. */
declare module "s3rver" {
	import type { IncomingMessage, ServerResponse } from "node:http";

	export default class S3rver {
		constructor(options: {
			readonly directory: string;
			readonly silent: boolean;
			readonly configureBuckets: readonly { readonly name: string }[];
		});
		readonly logger: { readonly exceptions: { unhandle(): void }; close(): void };
		configureBuckets(): Promise<unknown>;
		callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
	}
}
