"""Migrations written in code (Alembic, Django, TypeORM, Knex, Sequelize) as the statements that they make."""
