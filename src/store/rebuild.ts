// Rebuilds the schemas tocsin_internal and tocsin from their sources, within the transaction of an upgrade.
import { MigrateError } from './migrate_error.ts';
import { applyFile, applyFiles } from './schema_files.ts';
import { dropObject, listObjects, restoreGrants, type SchemaGrant, type SchemaObject } from './schema_objects.ts';
import type { SqlFile, SqlSources } from './sql_sources.ts';
import type { Tx } from './sql.ts';

/**
 * Rebuilds everything that is not a table. `tocsin_internal` is dropped and created; the objects of `tocsin` are
 * replaced where they stand, because users' triggers, views, functions and grants hang on them.
 * @param previous identities of the objects that the last rebuild made: only those may be dropped
 * @returns identities of the objects that exist now and are ours
 * @throws MigrateError with the list of what is in the way
 */
export async function rebuildSchema(tx: Tx, sources: SqlSources, previous: string[]): Promise<string[]> {
  await tx`create schema if not exists tocsin`;
  await recreateInternal(tx, sources.internal);
  const before = await listObjects(tx);
  const grants: SchemaGrant[] = [];
  const known = new Set(before.map((object) => object.oid));
  // What a user put into our schema is not ours, even if nothing else would stop us.
  const isOurs = (object: SchemaObject) => previous.includes(object.identity) || !known.has(object.oid);
  await applyFiles(tx, [...sources.functions, ...sources.views], (file) => removeOld(tx, file, isOurs, grants));
  const current = await findCurrent(tx, sources, before);
  await dropObsolete(tx, previous, current, grants);
  for (const object of current) {
    if (!known.has(object.oid)) await restoreGrants(tx, object, grants);
  }
  for (const file of [...sources.triggers, ...sources.grants]) await applyFile(tx, file);
  return current.map((object) => object.identity).sort();
}

async function recreateInternal(tx: Tx, files: SqlFile[]): Promise<void> {
  const dependents = await listInternalDependents(tx);
  if (dependents.length > 0) {
    throw new MigrateError(
      'The upgrade must rebuild schema tocsin_internal, but these objects use it, which only triggers on tables of ' +
        `tocsin_data may:\n${dependents.join('\n')}\nDrop them, or make them use schema tocsin. Nothing was changed.`,
    );
  }
  // Takes the triggers on our own tables along; triggers.sql creates them again before the transaction ends.
  await tx`drop schema if exists tocsin_internal cascade`;
  await tx`create schema tocsin_internal`;
  await tx`comment on schema tocsin_internal is 'Inner workings of Tocsin, dropped and created again by every upgrade.'`;
  await applyFiles(tx, files);
}

/** What outside tocsin_internal depends on it, our tables' triggers aside, in the server's words. */
async function listInternalDependents(tx: Tx): Promise<string[]> {
  const rows = await tx<{ dependent: string }[]>`
    with inside as (
      select 'pg_catalog.pg_proc'::regclass as classid, p.oid as objid, n.nspname
        from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      union all
      select 'pg_catalog.pg_class'::regclass, c.oid, n.nspname
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      union all
      select 'pg_catalog.pg_type'::regclass, t.oid, n.nspname
        from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    ), owned as (
      -- Parts of a table or view, by the table or view that they belong to.
      select 'pg_catalog.pg_trigger'::regclass as classid, t.oid as objid, t.tgrelid as relid from pg_catalog.pg_trigger t
      union all select 'pg_catalog.pg_rewrite'::regclass, r.oid, r.ev_class from pg_catalog.pg_rewrite r
      union all select 'pg_catalog.pg_attrdef'::regclass, a.oid, a.adrelid from pg_catalog.pg_attrdef a
      union all select 'pg_catalog.pg_constraint'::regclass, c.oid, c.conrelid from pg_catalog.pg_constraint c
    )
    select distinct pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) as dependent
      from inside used
      join pg_catalog.pg_depend d on d.refclassid = used.classid and d.refobjid = used.objid
      left join inside self on self.classid = d.classid and self.objid = d.objid
      left join owned on owned.classid = d.classid and owned.objid = d.objid
      left join inside owner on owner.classid = 'pg_catalog.pg_class'::regclass and owner.objid = owned.relid
     where used.nspname = 'tocsin_internal' and d.deptype in ('n', 'a')
       and coalesce(owner.nspname, self.nspname, '') <> 'tocsin_internal'
       and not (coalesce(owner.nspname, '') = 'tocsin_data' and d.classid = 'pg_catalog.pg_trigger'::regclass)
     order by 1`;
  return rows.map((row) => row.dependent);
}

/** Drops the objects that a file cannot replace, and remembers the rights on them. */
async function removeOld(
  tx: Tx,
  file: SqlFile,
  isOurs: (object: SchemaObject) => boolean,
  grants: SchemaGrant[],
): Promise<string[]> {
  const names: string[] = [];
  for (const object of await listObjects(tx)) {
    if (object.name !== file.name) continue;
    const removed = await dropObject(tx, object, isOurs);
    grants.push(...removed.grants);
    names.push(...removed.dropped.map((dropped) => dropped.name));
  }
  return names;
}

/** The objects that the sources made: functions that were replaced or are new, and views by the names of their files. */
async function findCurrent(tx: Tx, sources: SqlSources, before: SchemaObject[]): Promise<SchemaObject[]> {
  const versions = new Map(before.map((object) => [object.oid, object.version]));
  const views = new Set(sources.views.map((file) => file.name));
  return (await listObjects(tx)).filter((object) =>
    object.kind === 'view' ? views.has(object.name) : versions.get(object.oid) !== object.version,
  );
}

async function dropObsolete(tx: Tx, previous: string[], current: SchemaObject[], grants: SchemaGrant[]): Promise<void> {
  const kept = new Set(current.map((object) => object.identity));
  const obsolete = new Set(previous.filter((identity) => !kept.has(identity)));
  for (;;) {
    const next = (await listObjects(tx)).find((object) => obsolete.has(object.identity));
    if (!next) return;
    const removed = await dropObject(tx, next, (object) => obsolete.has(object.identity));
    grants.push(...removed.grants);
  }
}
