/** What a failed call means: whether to repeat it, and the error for the user. */
import { AppError, EXIT, type ExitStatus } from "../../../../errors.ts";
import { requestFault } from "../../../../http/request-fault.ts";
import { GrpcFault, STATUS } from "./grpc.ts";

/**
 * `repeat`: try again, on another member. `authenticate`: get a new token first. `final`: every attempt would
 * fail.
 */
export type Verdict =
	| { readonly kind: "repeat" | "authenticate"; readonly error?: AppError }
	| { readonly kind: "final"; readonly error: AppError };

function fault(code: string, message: string, hint: string, exit: ExitStatus, cause?: unknown): AppError {
	return new AppError({ code, message, hint, exit, cause });
}

/** Errors of etcd about the user, by a part of their text. etcd gives them different statuses in different versions. */
const USER_FAULTS: readonly (readonly [string, string, string])[] = [
	[
		"invalid user ID or password",
		"The etcd at STORE refuses the user name or the password.",
		"Check --store-user, and the password in COFFER_STORE_PASSWORD or COFFER_STORE_PASSWORD_FILE.",
	],
	[
		"user name is empty",
		"The etcd at STORE requires a user.",
		"Give --store-user, and the password in COFFER_STORE_PASSWORD_FILE.",
	],
	[
		"authentication is not enabled",
		"The etcd at STORE does not check users, but --store-user was given.",
		'Leave out --store-user, or run "etcdctl auth enable".',
	],
];

/** Whether the call was refused because of its token: it expired, or users have changed. */
function needsToken({ message, status }: GrpcFault): boolean {
	return (
		status === STATUS.UNAUTHENTICATED ||
		message.includes("invalid auth token") ||
		message.includes("revision of auth store is old") ||
		message.includes("revision in header is old")
	);
}

function finalError(store: string, { message, status }: GrpcFault): AppError | undefined {
	const user = USER_FAULTS.find(([text]) => message.includes(text));
	if (user !== undefined)
		return fault("STORE_UNAUTHORISED", user[1].replace("STORE", store), user[2], EXIT.unauthorised);
	if (status === STATUS.PERMISSION_DENIED) {
		return fault(
			"STORE_FORBIDDEN",
			`The etcd at ${store} does not let this user read and write the keys of the store.`,
			'Grant the user the keys: "etcdctl role grant-permission ROLE --prefix=true readwrite PREFIX", with the prefix of the store\'s URL.',
			EXIT.unauthorised,
		);
	}
	if (message.includes("database space exceeded")) {
		return fault(
			"STORE_FULL",
			`The etcd at ${store} has reached its space quota (alarm NOSPACE) and takes no changes.`,
			'Compact and defragment it, or raise --quota-backend-bytes. Then run "etcdctl alarm disarm".',
			EXIT.failure,
		);
	}
	if (message.includes("request is too large") || message.includes("message larger than max")) {
		return fault(
			"STORE_REQUEST_TOO_LARGE",
			`The etcd at ${store} refuses a request of the usual size.`,
			"Set --max-request-bytes of etcd to its default of 1572864, or more.",
			EXIT.failure,
		);
	}
	return undefined;
}

/** Whether an error says that etcd does not have the state of an earlier moment any more. */
export function isCompacted(error: unknown): error is AppError {
	return (
		error instanceof AppError &&
		error.cause instanceof GrpcFault &&
		error.cause.message.includes("revision has been compacted")
	);
}

/** Whether a lease ended before a key could be put with it: this process, or etcd, did not run for a while. */
export function isLeaseGone(error: unknown): boolean {
	return (
		error instanceof AppError &&
		error.cause instanceof GrpcFault &&
		error.cause.message.includes("requested lease not found")
	);
}

/** Answers after which the call may be repeated: nobody led the cluster, or the member did not keep up. */
const PASSING = new Set<number>([STATUS.UNAVAILABLE, STATUS.DEADLINE_EXCEEDED]);

/** Whether an error of TLS means that the two sides do not accept each other's certificate. */
function certificateError(store: string, cause: unknown): AppError | undefined {
	const code = String((cause as NodeJS.ErrnoException | undefined)?.code ?? "");
	if (requestFault(cause).kind === "certificate") {
		return fault(
			"STORE_CERTIFICATE_INVALID",
			`The certificate of the etcd at ${store} is not valid for it (${code}).`,
			"Give the certificate of its authority with --store-ca, and use a host name that its certificate contains.",
			EXIT.network,
			cause,
		);
	}
	if (/ALERT|HANDSHAKE/.test(code)) {
		return fault(
			"STORE_CERTIFICATE_REFUSED",
			`The etcd at ${store} refuses the platform's certificate, or requires one (${code}).`,
			"Give a certificate of an authority that etcd trusts with --store-cert and --store-key.",
			EXIT.unauthorised,
			cause,
		);
	}
	return undefined;
}

/** @param store the member's address */
export function verdictOn(store: string, failed: GrpcFault): Verdict {
	if (needsToken(failed)) return { kind: "authenticate" };
	const known = finalError(store, failed);
	if (known !== undefined) return { kind: "final", error: known };
	if (!failed.isAnswer || PASSING.has(failed.status) || failed.message.includes("too many requests")) {
		const error = certificateError(store, failed.cause);
		return error === undefined ? { kind: "repeat" } : { kind: "repeat", error };
	}
	return {
		kind: "final",
		error: fault(
			"STORE_UNUSABLE",
			`The etcd at ${store} refuses a request: ${failed.message.slice(0, 200)}.`,
			"Check the state of the etcd cluster.",
			EXIT.failure,
			failed,
		),
	};
}

/** The error for a store that did not answer in time. @param members each tried member with its last fault */
export function unreachable(members: ReadonlyMap<string, string>, seconds: number): AppError {
	const list = [...members].map(([address, reason]) => `${address}: ${reason}`).join("; ");
	return fault(
		"STORE_UNREACHABLE",
		`The store in etcd did not answer within ${seconds} seconds (${list}). If this was a change, it may have been stored or not.`,
		"Check that most members of the etcd cluster run and can be reached. Give --store-ca if etcd uses TLS, and only then.",
		EXIT.network,
	);
}

/** The error for contents under the store's prefix that the driver did not write. */
export function damaged(prefix: string, detail: string, cause?: unknown): AppError {
	return fault(
		"STORE_DAMAGED",
		`The store under ${prefix} in etcd is damaged: ${detail}.`,
		"Restore a backup to another prefix (coffer platform restore), and start the platform on it.",
		EXIT.integrity,
		cause,
	);
}

/** The error of a store that was closed. */
export function closed(): AppError {
	return fault(
		"STORE_CLOSED",
		"The store in etcd is closed.",
		"The platform is stopping. Try again when it has started again.",
		EXIT.failure,
	);
}
