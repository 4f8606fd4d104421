/** Common SDKs, constructed and called. The host names that they call do not resolve. */
import type { Project } from "./project.ts";

/** @param attempt an expression; the response is its result or the kind of its error */
const sdk = (name: string, imports: string, attempt: string): Project => ({
	name,
	files: {
		"index.ts": `${imports}
const attempt = async () => ${attempt};
export default {
	async fetch() {
		try {
			return Response.json({ result: (await attempt()) ?? null });
		} catch (error) {
			return Response.json({ error: error.code ?? error.cause?.code ?? error.name, kind: error.constructor.name });
		}
	},
};
`,
	},
	paths: ["/"],
	by: "serve",
});

export const SDKS: readonly Project[] = [
	sdk(
		"aws-s3",
		'import { GetObjectCommand, S3Client } from "npm:@aws-sdk/client-s3@3.901.0";',
		`new S3Client({ region: "us-east-1", endpoint: "http://s3.invalid", maxAttempts: 1,
			credentials: { accessKeyId: "a", secretAccessKey: "b" } }).send(new GetObjectCommand({ Bucket: "b", Key: "k" }))`,
	),
	sdk(
		"stripe",
		'import Stripe from "npm:stripe@19.1.0";',
		`new Stripe("sk_test_1", { host: "stripe.invalid", maxNetworkRetries: 0 }).customers.list({ limit: 1 })`,
	),
	sdk(
		"supabase",
		'import { createClient } from "npm:@supabase/supabase-js@2.74.0";',
		`createClient("https://project.invalid", "anon").from("rows").select("*").then(({ error }) => Boolean(error))`,
	),
	sdk(
		"openai",
		'import OpenAI from "npm:openai@6.2.0";',
		`new OpenAI({ apiKey: "k", baseURL: "https://openai.invalid/v1", maxRetries: 0 }).models.list()`,
	),
	sdk(
		"pg",
		'import pg from "npm:pg@8.16.3";',
		`(async () => { const client = new pg.Client({ host: "pg.invalid", user: "u", password: "p", database: "d" }); await client.connect(); })()`,
	),
	sdk(
		"postgres",
		'import postgres from "npm:postgres@3.4.7";',
		`postgres("postgres://u:p@pg.invalid/d", { max: 1, connect_timeout: 2 })\`select 1\``,
	),
	sdk(
		"mysql2",
		'import mysql from "npm:mysql2@3.15.2/promise";',
		`mysql.createConnection({ host: "mysql.invalid", user: "u", password: "p" })`,
	),
	sdk(
		"redis",
		'import { createClient } from "npm:redis@5.8.3";',
		`(async () => { const client = createClient({ url: "redis://redis.invalid", socket: { reconnectStrategy: false } });
			client.on("error", () => {}); await client.connect(); })()`,
	),
	sdk(
		"nodemailer",
		'import nodemailer from "npm:nodemailer@7.0.9";',
		`nodemailer.createTransport({ host: "smtp.invalid", port: 587 }).sendMail({ from: "a@a.example", to: "b@b.example", text: "t" })`,
	),
	sdk(
		"jose",
		'import { jwtVerify, SignJWT } from "npm:jose@6.1.0";',
		`(async () => { const key = new Uint8Array(32); const token = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: "HS256" }).sign(key);
			return (await jwtVerify(token, key)).payload; })()`,
	),
	sdk(
		"firebase-admin",
		'import admin from "npm:firebase-admin@13.5.0";',
		`(async () => { const app = admin.initializeApp({ projectId: "p" }, "own"); return app.name; })()`,
	),
	sdk(
		"google-storage",
		'import { Storage } from "npm:@google-cloud/storage@7.17.1";',
		`new Storage({ projectId: "p", apiEndpoint: "https://storage.invalid", retryOptions: { autoRetry: false } }).bucket("b").name`,
	),
];
