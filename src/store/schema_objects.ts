// Lists and drops the functions and views of schema tocsin without ever taking an object of someone else along.
import { MigrateError, type SqlFailure } from './migrate_error.ts';
import type { Tx } from './sql.ts';

/** A function or a view of schema tocsin. */
export interface SchemaObject {
  kind: 'function' | 'view';
  name: string;
  oid: number;
  /** Unique and valid in SQL after the kind: `function tocsin.f(integer)`, `view tocsin.v`. */
  identity: string;
  /** Changes whenever the object is replaced. */
  version: string;
}

/** A right that somebody was given on an object. */
export interface SchemaGrant {
  kind: SchemaObject['kind'];
  name: string;
  /** A quoted role, or `public`. */
  grantee: string;
  privilege: string;
  isGrantable: boolean;
}

/** All functions and views that exist in schema tocsin, ours or not. */
export async function listObjects(tx: Tx): Promise<SchemaObject[]> {
  return await tx<SchemaObject[]>`
    select 'function' as kind, p.proname as name, p.oid::int8 as oid, p.xmin::text || p.ctid::text as version,
           'function ' || p.oid::regprocedure::text as identity
      from pg_catalog.pg_proc p where p.pronamespace = 'tocsin'::regnamespace
    union all
    select 'view', c.relname, c.oid::int8, '', 'view ' || c.oid::regclass::text
      from pg_catalog.pg_class c where c.relnamespace = 'tocsin'::regnamespace and c.relkind = 'v'`;
}

/**
 * Drops an object, and before it those that depend on it and are ours.
 * @returns what was dropped, with the rights on it
 * @throws MigrateError with the list of the dependents that are not ours
 */
export async function dropObject(
  tx: Tx,
  object: SchemaObject,
  isOurs: (object: SchemaObject) => boolean,
): Promise<{ dropped: SchemaObject[]; grants: SchemaGrant[] }> {
  const dropped: SchemaObject[] = [];
  const grants: SchemaGrant[] = [];
  const objects = await listObjects(tx);
  const visit = async (target: SchemaObject): Promise<void> => {
    if (dropped.some((done) => done.oid === target.oid)) return;
    const dependents = new Set(await listDependents(tx, target));
    for (const dependent of objects) {
      if (dependents.has(dependent.oid) && dependent.oid !== target.oid && isOurs(dependent)) await visit(dependent);
    }
    grants.push(...(await listGrants(tx, target)));
    await dropAlone(tx, target);
    dropped.push(target);
  };
  await visit(object);
  return { dropped, grants };
}

/** Gives these rights on an object that was created anew, and takes away what PostgreSQL gives to everyone. */
export async function restoreGrants(tx: Tx, object: SchemaObject, grants: SchemaGrant[]): Promise<void> {
  const wanted = grants.filter((grant) => grant.kind === object.kind && grant.name === object.name);
  if (wanted.length === 0) return;
  const target = object.identity.replace(/^function /, 'routine ').replace(/^view /, 'table ');
  await tx.unsafe(`revoke all on ${target} from public`);
  for (const { privilege, grantee, isGrantable } of wanted) {
    await tx.unsafe(`grant ${privilege} on ${target} to ${grantee}${isGrantable ? ' with grant option' : ''}`);
  }
}

/** The functions and views that use an object directly, by oid; a view's type counts as the view. */
async function listDependents(tx: Tx, object: SchemaObject): Promise<number[]> {
  const rows = await tx<{ oid: number }[]>`
    with recursive target (classid, objid) as (
      select case ${object.kind}::text when 'function' then 'pg_catalog.pg_proc'::regclass
             else 'pg_catalog.pg_class'::regclass end, ${object.oid}::int8::oid
      union
      select 'pg_catalog.pg_type'::regclass, t.oid from pg_catalog.pg_type t join target on true
       where (target.classid = 'pg_catalog.pg_class'::regclass and t.typrelid = target.objid)
          or (target.classid = 'pg_catalog.pg_type'::regclass and t.typelem = target.objid)
    )
    select distinct coalesce(r.ev_class, d.objid)::int8 as oid
      from pg_catalog.pg_depend d
      join target on d.refclassid = target.classid and d.refobjid = target.objid
      left join pg_catalog.pg_rewrite r on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
     where d.deptype in ('n', 'a')
       and (r.oid is not null or d.classid = 'pg_catalog.pg_proc'::regclass)`;
  return rows.map((row) => row.oid);
}

async function listGrants(tx: Tx, object: SchemaObject): Promise<SchemaGrant[]> {
  const rows = await tx<{ grantee: string; privilege: string; is_grantable: boolean }[]>`
    with target as (
      select p.proacl as acl, p.proowner as owner from pg_catalog.pg_proc p
       where ${object.kind} = 'function' and p.oid = ${object.oid}::int8::oid
      union all
      select c.relacl, c.relowner from pg_catalog.pg_class c
       where ${object.kind} = 'view' and c.oid = ${object.oid}::int8::oid)
    select case a.grantee when 0 then 'public' else a.grantee::regrole::text end as grantee,
           a.privilege_type as privilege, a.is_grantable
      from target, pg_catalog.aclexplode(target.acl) a
     where a.grantee <> target.owner`;
  return rows.map((row) => ({
    kind: object.kind,
    name: object.name,
    grantee: row.grantee,
    privilege: row.privilege,
    isGrantable: row.is_grantable,
  }));
}

async function dropAlone(tx: Tx, object: SchemaObject): Promise<void> {
  try {
    await tx.savepoint((savepoint) => savepoint.unsafe(`drop ${object.identity.replace(/^function /, 'routine ')}`));
  } catch (error) {
    const failure = error as SqlFailure;
    // Dependent objects still exist; the server's detail lists them.
    if (failure.code !== '2BP01') throw error;
    throw new MigrateError(
      `The upgrade must replace ${object.identity}, but objects that are not Tocsin's depend on it:\n` +
        `${failure.detail}\nDrop or change them, upgrade, and create them again. Nothing was changed.`,
      { cause: error },
    );
  }
}
