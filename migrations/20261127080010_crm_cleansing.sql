-- +goose Up
ALTER TABLE crm.customer ADD verified_on date;
