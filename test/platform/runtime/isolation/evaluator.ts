/** A function that runs the code in its requests. */

/** Evaluates the code as the body of an async function. For an error, it also responds with the causes. */
const EVAL = `
	let fail = () => {};
	// Some of Node's interfaces throw where nobody can catch it; that must not end the probes after it.
	for (const type of ["error", "unhandledrejection"]) {
		addEventListener(type, (event) => { event.preventDefault(); fail(event.error ?? event.reason); });
	}
	const AsyncFunction = (async () => {}).constructor;
	const textOf = (error) => error instanceof Error
		? [error.name + ": " + error.message, error.code, error.cause, error.error].filter((part) => part != null).map(textOf).join(" <- ")
		: String(error);
	const evaluate = async (request) => {
		const failed = new Promise((_, reject) => { fail = reject; });
		failed.catch(() => {});
		try {
			const run = new AsyncFunction(await request.text());
			return Response.json({ result: String(await Promise.race([failed, run()])) });
		} catch (error) {
			return Response.json({ error: textOf(error) });
		}
	};`;
/** As a separate script, which prints `listening` when it serves on a socket. */
export const evaluatorScript = (socketPath: string) =>
	`${EVAL} Deno.serve({ path: ${JSON.stringify(socketPath)}, onListen: () => console.log("listening") }, evaluate);`;
/** As a function. */
export const EVALUATOR = `${EVAL} export default evaluate;`;

/** Starts a worker from source, as a statement that declares `worker`. */
const workerFrom = (source: string) =>
	`const worker = new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(source)}), { type: "module" });`;
const INNER = `${EVAL} onmessage = async ({ data }) => postMessage(await (await evaluate(new Request("http://x", { method: "POST", body: data }))).text());`;
const OUTER = `${workerFrom(INNER)} worker.onmessage = ({ data }) => postMessage(data); onmessage = ({ data }) => worker.postMessage(data);`;
/** As a function that evaluates the code in a worker inside a worker, one request at a time. */
export const EVALUATOR_IN_WORKERS = `${workerFrom(OUTER)}
	export default async (request) => {
		const { promise, resolve } = Promise.withResolvers();
		worker.onmessage = ({ data }) => resolve(new Response(data));
		worker.postMessage(await request.text());
		return promise;
	};`;
