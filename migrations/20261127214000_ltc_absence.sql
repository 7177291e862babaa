-- +goose Up
-- Days people are away: entered by the person, approved by the manager. Plans of service
-- projects are checked against them.
CREATE TABLE ltc.absence (LIKE core.base INCLUDING ALL,
    stage     text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('holiday', 'sick', 'training', 'other')),
    from_on   date NOT NULL,
    to_on     date NOT NULL CHECK (to_on >= from_on),
    deputy_id bigint,
    deputised boolean NOT NULL DEFAULT false,
    note      text NOT NULL DEFAULT ''
);
SELECT core.document('ltc', 'absence', 'draft');
-- What plans see of the approved ones: who and when, never why.
CREATE TABLE ltc.away (
    absence_id bigint PRIMARY KEY REFERENCES ltc.absence (id) ON DELETE CASCADE,
    person_id  bigint NOT NULL,
    from_on    date NOT NULL,
    to_on      date NOT NULL
);
CREATE INDEX ON ltc.away (person_id, from_on);
